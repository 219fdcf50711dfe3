"""A group of members that decide by majority: their names, and an alarm before the majority is gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.aws.components.alerts import Alerts
from infra.aws.components.base import Component
from infra.aws.components.host import Host
from infra.aws.site import Site


@dataclass(frozen=True)
class MemberArgs:
    """A member of the topology on its host, with its ports by their names."""

    name: str
    host: Host
    ports: Mapping[str, int]


@dataclass(frozen=True)
class GroupArgs:
    """zone_id: of the private DNS zone. members: those that decide; copies: those without a vote."""

    site: Site
    zone_id: pulumi.Input[str]
    members: tuple[MemberArgs, ...]
    alerts: Alerts
    copies: tuple[MemberArgs, ...] = ()


class Group(Component):
    """What all groups have. names: member -> its private DNS name."""

    def __init__(self, name: str, args: GroupArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        self.names = {member.name: self._record(member) for member in (*args.members, *args.copies)}
        self._declare()
        self.register_outputs({"names": self.names})

    def _declare(self) -> None:
        """What a kind of group has besides."""

    def _record(self, member: MemberArgs) -> str:
        name = f"{member.name}.{self._args.site.domain}"
        aws.route53.Record(
            member.name,
            zone_id=self._args.zone_id,
            name=name,
            type="A",  # SRV records may not point at an alias
            ttl=30,
            records=[member.host.private_ip],
            opts=self.child(),
        )
        return name

    def _service(self, service: str, port: str) -> None:
        """An SRV record of a port by its name: `mongodb+srv` and etcd's discovery read it."""
        name = f"{service}.{self._name}.{self._args.site.domain}"
        aws.route53.Record(
            f"{self._name}-srv",
            zone_id=self._args.zone_id,
            name=name,
            type="SRV",
            ttl=30,
            records=[f"0 0 {member.ports[port]} {self.names[member.name]}" for member in self._args.members],
            opts=self.child(),
        )

    def _majority_alarm(self, voters: Sequence[MemberArgs]) -> None:
        """Fires when one more loss would stop the group: for 3 voters, when 1 is gone."""
        spare = (len(voters) - 1) // 2
        queries = [_query(index, member) for index, member in enumerate(voters)]
        total = aws.cloudwatch.MetricAlarmMetricQueryArgs(
            id="lost",
            label="members lost",
            expression="+".join(f"FILL(m{index}, 1)" for index in range(len(voters))),
            return_data=True,
        )
        aws.cloudwatch.MetricAlarm(
            f"{self._name}-majority",
            alarm_description=f"{self._name}: one more lost host and there is no majority.",
            comparison_operator="GreaterThanOrEqualToThreshold",
            threshold=max(1, spare),
            evaluation_periods=1,
            treat_missing_data="breaching",
            metric_queries=[total, *queries],
            alarm_actions=[self._args.alerts.arn],
            ok_actions=[self._args.alerts.arn],
            opts=self.child(),
        )


def _query(index: int, member: MemberArgs) -> aws.cloudwatch.MetricAlarmMetricQueryArgs:
    metric = aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
        namespace="AWS/EC2",
        metric_name="StatusCheckFailed",
        period=60,
        stat="Maximum",
        dimensions={"InstanceId": member.host.instance.id},
    )
    return aws.cloudwatch.MetricAlarmMetricQueryArgs(id=f"m{index}", metric=metric)
