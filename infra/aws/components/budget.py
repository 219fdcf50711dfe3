"""The stack's monthly budget: an alarm at 80 % spent, and when the forecast exceeds it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.aws.components.alerts import Alerts
from infra.aws.components.base import Component


@dataclass(frozen=True)
class BudgetArgs:
    """monthly_usd: the limit. stack: the value of the tag `Stack`, by which the bill is filtered."""

    name: str
    stack: str
    monthly_usd: int
    alerts: Alerts


class Budget(Component):
    """One budget; its alarms go where the others go."""

    def __init__(self, name: str, args: BudgetArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__(name, opts)
        aws.budgets.Budget(
            name,
            name=args.name,
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=str(args.monthly_usd),
            limit_unit="USD",
            cost_filters=[
                aws.budgets.BudgetCostFilterArgs(name="TagKeyValue", values=[f"user:Stack${args.stack}"])
            ],
            notifications=[_notice("ACTUAL", 80, args.alerts), _notice("FORECASTED", 100, args.alerts)],
            opts=self.child(),
        )
        self.register_outputs({})


def _notice(kind: str, percent: int, alerts: Alerts) -> aws.budgets.BudgetNotificationArgs:
    return aws.budgets.BudgetNotificationArgs(
        comparison_operator="GREATER_THAN",
        notification_type=kind,
        threshold=percent,
        threshold_type="PERCENTAGE",
        subscriber_sns_topic_arns=[alerts.arn],
    )
