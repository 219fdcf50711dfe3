"""Systems Manager: parameters."""

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
    key = {"KeyId": inputs["keyId"]} if "keyId" in inputs else {}
    name = inputs.get("name", resource.name)
    client.put_parameter(Name=name, Type=inputs["type"], Value=inputs["value"], **key, **listed(resource))
    return Answer(name, {"name": name, "arn": client.get_parameter(Name=name)["Parameter"]["ARN"]})


def _read(client: Any, resource: Resource) -> Mapping[str, Any] | None:
    try:
        found = client.get_parameter(Name=resource.id, WithDecryption=True)["Parameter"]
    except Exception as error:  # botocore makes its classes at run time
        if is_gone(error):
            return None
        raise
    tags = client.list_tags_for_resource(ResourceType="Parameter", ResourceId=resource.id)["TagList"]
    told = {"type": found["Type"], "value": found["Value"]}
    return {**told, "tags": {item["Key"]: item["Value"] for item in tags}}


def _delete(client: Any, resource: Resource) -> None:
    client.delete_parameter(Name=resource.id)


KINDS = (Kind("aws:ssm/parameter:Parameter", "ssm", _create, _read, _delete),)
