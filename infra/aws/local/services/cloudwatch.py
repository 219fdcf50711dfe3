"""CloudWatch: alarms on metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.aws.local.backend import Answer
from infra.aws.local.graph import Resource
from infra.aws.local.kinds import Kind
from infra.aws.local.table import first, listed
from infra.aws.local.values import bare

_FIELDS = {
    "alarmDescription": "AlarmDescription",
    "namespace": "Namespace",
    "metricName": "MetricName",
    "comparisonOperator": "ComparisonOperator",
    "evaluationPeriods": "EvaluationPeriods",
    "datapointsToAlarm": "DatapointsToAlarm",
    "period": "Period",
    "statistic": "Statistic",
    "extendedStatistic": "ExtendedStatistic",
    "threshold": "Threshold",
    "treatMissingData": "TreatMissingData",
    "unit": "Unit",
    "alarmActions": "AlarmActions",
    "okActions": "OKActions",
    "insufficientDataActions": "InsufficientDataActions",
    "actionsEnabled": "ActionsEnabled",
}


def _create(client: Any, resource: Resource) -> Answer:
    inputs = bare(resource.inputs)
    name = inputs.get("name", resource.name)
    request = {_FIELDS[key]: value for key, value in inputs.items() if key in _FIELDS}
    where = {"Dimensions": _named(inputs["dimensions"])} if "dimensions" in inputs else {}
    queries = (
        {"Metrics": [_query(item) for item in inputs["metricQueries"]]} if "metricQueries" in inputs else {}
    )
    client.put_metric_alarm(AlarmName=name, **where, **queries, **request, **listed(resource))
    return Answer(name, {"arn": _found(client, name)["AlarmArn"]})


def _named(dimensions: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"Name": key, "Value": value} for key, value in sorted(dimensions.items())]


def _query(item: Mapping[str, Any]) -> dict[str, Any]:
    query = {"Id": item["id"], "ReturnData": bool(item.get("returnData", False))}
    if "expression" in item:
        return {**query, "Expression": item["expression"], "Label": item.get("label", "")}
    metric = item["metric"]
    what = {"Namespace": metric["namespace"], "MetricName": metric["metricName"],
            "Dimensions": _named(metric.get("dimensions", {}))}  # fmt: skip
    return {**query, "MetricStat": {"Metric": what, "Period": metric["period"], "Stat": metric["stat"]}}


def _found(client: Any, name: str) -> Mapping[str, Any]:
    return first(client.describe_alarms(AlarmNames=[name])["MetricAlarms"]) or {}


def _read(client: Any, resource: Resource) -> Mapping[str, Any] | None:
    found = _found(client, resource.id)
    if not found:
        return None
    told = {key: found[field] for key, field in _FIELDS.items() if key in resource.inputs and field in found}
    tags = client.list_tags_for_resource(ResourceARN=found["AlarmArn"])["Tags"]
    if "dimensions" in resource.inputs:
        told["dimensions"] = {item["Name"]: item["Value"] for item in found["Dimensions"]}
    return {**told, "tags": {item["Key"]: item["Value"] for item in tags}}


def _delete(client: Any, resource: Resource) -> None:
    client.delete_alarms(AlarmNames=[resource.id])


KINDS = (Kind("aws:cloudwatch/metricAlarm:MetricAlarm", "cloudwatch", _create, _read, _delete),)
