"""SNS: topics, who is told, who may publish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.aws.local.backend import Answer
from infra.aws.local.cloud import is_gone
from infra.aws.local.graph import Resource
from infra.aws.local.kinds import Kind
from infra.aws.local.table import listed
from infra.aws.local.values import bare


def _create(client: Any, resource: Resource) -> Answer:
    inputs = bare(resource.inputs)
    names = {"kmsMasterKeyId": "KmsMasterKeyId", "displayName": "DisplayName", "policy": "Policy"}
    given = {field: str(inputs[name]) for name, field in names.items() if name in inputs}
    made = client.create_topic(Name=inputs.get("name", resource.name), Attributes=given, **listed(resource))
    return Answer(made["TopicArn"], {"arn": made["TopicArn"], "name": inputs.get("name", resource.name)})


def _read(client: Any, resource: Resource) -> Mapping[str, Any] | None:
    try:
        told = client.get_topic_attributes(TopicArn=resource.id)["Attributes"]
    except Exception as error:  # botocore makes its classes at run time
        if is_gone(error):
            return None
        raise
    tags = client.list_tags_for_resource(ResourceArn=resource.id)["Tags"]
    found = {"kmsMasterKeyId": told.get("KmsMasterKeyId"), "displayName": told.get("DisplayName")}
    own = {key: value for key, value in found.items() if key in resource.inputs}
    return {**own, "tags": {item["Key"]: item["Value"] for item in tags}}


def _delete(client: Any, resource: Resource) -> None:
    client.delete_topic(TopicArn=resource.id)


def _subscribe(client: Any, resource: Resource) -> Answer:
    inputs = bare(resource.inputs)
    made = client.subscribe(
        TopicArn=inputs["topic"],
        Protocol=inputs["protocol"],
        Endpoint=inputs["endpoint"],
        ReturnSubscriptionArn=True,
    )
    return Answer(made["SubscriptionArn"], {"arn": made["SubscriptionArn"]})


def _subscribed(client: Any, resource: Resource) -> Mapping[str, Any] | None:
    try:
        told = client.get_subscription_attributes(SubscriptionArn=resource.id)["Attributes"]
    except Exception as error:  # botocore makes its classes at run time
        if is_gone(error):
            return None
        raise
    return {"topic": told["TopicArn"], "protocol": told["Protocol"], "endpoint": told["Endpoint"]}


def _unsubscribe(client: Any, resource: Resource) -> None:
    client.unsubscribe(SubscriptionArn=resource.id)


def _allow(client: Any, resource: Resource) -> Answer:
    inputs = bare(resource.inputs)
    client.set_topic_attributes(
        TopicArn=inputs["arn"], AttributeName="Policy", AttributeValue=inputs["policy"]
    )
    return Answer(inputs["arn"])


def _allowed(client: Any, resource: Resource) -> Mapping[str, Any] | None:
    return {"policy": client.get_topic_attributes(TopicArn=resource.id)["Attributes"]["Policy"]}


KINDS = (
    Kind("aws:sns/topic:Topic", "sns", _create, _read, _delete),
    Kind("aws:sns/topicSubscription:TopicSubscription", "sns", _subscribe, _subscribed, _unsubscribe),
    Kind("aws:sns/topicPolicy:TopicPolicy", "sns", _allow, _allowed, lambda client, resource: None),
)
