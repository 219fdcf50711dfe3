"""Budgets: the limit of a stack and who hears of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.aws.local.backend import Answer
from infra.aws.local.cloud import is_gone
from infra.aws.local.graph import Resource
from infra.aws.local.kinds import Kind
from infra.aws.local.standin import ACCOUNT
from infra.aws.local.values import bare


def _create(client: Any, resource: Resource) -> Answer:
    inputs = bare(resource.inputs)
    name = inputs.get("name", resource.name)
    budget = {
        "BudgetName": name,
        "BudgetType": inputs["budgetType"],
        "TimeUnit": inputs["timeUnit"],
        "BudgetLimit": {"Amount": str(inputs["limitAmount"]), "Unit": inputs["limitUnit"]},
        "CostFilters": {item["name"]: item["values"] for item in inputs.get("costFilters", ())},
    }
    notices = [_notice(item) for item in inputs.get("notifications", ())]
    account = inputs.get("accountId", ACCOUNT)
    client.create_budget(AccountId=account, Budget=budget, NotificationsWithSubscribers=notices)
    return Answer(f"{account}:{name}")


def _notice(item: Mapping[str, Any]) -> dict[str, Any]:
    topics = [{"SubscriptionType": "SNS", "Address": arn} for arn in item.get("subscriberSnsTopicArns", ())]
    mails = [{"SubscriptionType": "EMAIL", "Address": a} for a in item.get("subscriberEmailAddresses", ())]
    return {
        "Notification": {
            "NotificationType": item["notificationType"],
            "ComparisonOperator": item["comparisonOperator"],
            "Threshold": item["threshold"],
            "ThresholdType": item["thresholdType"],
        },
        "Subscribers": topics + mails,
    }


def _read(client: Any, resource: Resource) -> Mapping[str, Any] | None:
    account, _, name = resource.id.partition(":")
    try:
        found = client.describe_budget(AccountId=account, BudgetName=name)["Budget"]
    except Exception as error:  # botocore makes its classes at run time
        if is_gone(error):
            return None
        raise
    return {
        "limitAmount": f"{float(found['BudgetLimit']['Amount']):g}",
        "limitUnit": found["BudgetLimit"]["Unit"],
        "timeUnit": found["TimeUnit"],
        "budgetType": found["BudgetType"],
        "costFilters": [{"name": name, "values": v} for name, v in found.get("CostFilters", {}).items()],
    }


def _delete(client: Any, resource: Resource) -> None:
    account, _, name = resource.id.partition(":")
    client.delete_budget(AccountId=account, BudgetName=name)


KINDS = (Kind("aws:budgets/budget:Budget", "budgets", _create, _read, _delete),)
