"""Where alarms of a region go: an encrypted topic that calls PagerDuty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.aws.components.base import Component
from infra.aws.components.keys import PUBLISHERS
from infra.aws.documents import published_by
from infra.aws.site import Site


@dataclass(frozen=True)
class AlertsArgs:
    """pager_url: PagerDuty's integration, a secret; None where nobody is called (class ephemeral)."""

    site: Site
    key_arn: pulumi.Input[str]
    pager_url: pulumi.Input[str] | None


class Alerts(Component):
    """arn: of the topic."""

    def __init__(self, name: str, args: AlertsArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__(name, opts)
        account = args.site.account
        topic = aws.sns.Topic(
            name, name=f"{args.site.prefix}-{name}", kms_master_key_id=args.key_arn, opts=self.child()
        )
        aws.sns.TopicPolicy(
            name,
            arn=topic.arn,
            policy=topic.arn.apply(lambda arn: published_by(arn, account, PUBLISHERS)),
            opts=self.child(),
        )
        if args.pager_url is not None:
            aws.sns.TopicSubscription(
                name,
                topic=topic.arn,
                protocol="https",
                endpoint=args.pager_url,
                endpoint_auto_confirms=True,
                opts=self.child(),
            )
        self.arn = topic.arn
        self.register_outputs({"arn": self.arn})


@dataclass(frozen=True)
class Watch:
    """One alarm. It fires when all of the last `periods` periods (seconds each) are bad.

    above: the highest good value; below: instead of it, the lowest good value. also: further actions.
    """

    name: str
    about: str
    namespace: str
    metric: str
    dimensions: Mapping[str, pulumi.Input[str]]
    above: float = 0
    below: float | None = None
    period: int = 60
    periods: int = 2
    statistic: str = "Maximum"
    missing: str = "breaching"
    also: Sequence[pulumi.Input[str]] = ()


def watch(alerts: Alerts, alarm: Watch, opts: pulumi.ResourceOptions) -> aws.cloudwatch.MetricAlarm:
    """An alarm that goes to the topic, both when it fires and when it is over."""
    return aws.cloudwatch.MetricAlarm(
        alarm.name,
        alarm_description=alarm.about,
        namespace=alarm.namespace,
        metric_name=alarm.metric,
        dimensions=dict(alarm.dimensions),
        comparison_operator="GreaterThanThreshold" if alarm.below is None else "LessThanThreshold",
        threshold=alarm.above if alarm.below is None else alarm.below,
        period=alarm.period,
        evaluation_periods=alarm.periods,
        statistic=alarm.statistic,
        treat_missing_data=alarm.missing,
        alarm_actions=[alerts.arn, *alarm.also],
        ok_actions=[alerts.arn],
        opts=opts,
    )
