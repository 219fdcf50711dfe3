"""KMS: keys and their aliases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.aws.local.backend import Answer
from infra.aws.local.graph import Resource
from infra.aws.local.kinds import Kind
from infra.aws.local.values import bare

GONE = ("PendingDeletion", "PendingReplicaDeletion")
SHORTEST_WINDOW = 7  # days that a key waits before it is deleted, at least


def _create(client: Any, resource: Resource) -> Answer:
    inputs = bare(resource.inputs)
    request: dict[str, Any] = {
        "Description": inputs.get("description", ""),
        "KeyUsage": inputs.get("keyUsage", "ENCRYPT_DECRYPT"),
        "MultiRegion": bool(inputs.get("multiRegion", False)),
        "Tags": [{"TagKey": key, "TagValue": value} for key, value in sorted(bare(resource.tags).items())],
    }
    if "policy" in inputs:
        request["Policy"] = inputs["policy"]
    made = client.create_key(**request)["KeyMetadata"]
    if inputs.get("enableKeyRotation"):
        period = (
            {"RotationPeriodInDays": inputs["rotationPeriodInDays"]}
            if "rotationPeriodInDays" in inputs
            else {}
        )
        client.enable_key_rotation(KeyId=made["KeyId"], **period)
    return Answer(made["KeyId"], {"arn": made["Arn"], "keyId": made["KeyId"]})


def _read(client: Any, resource: Resource) -> Mapping[str, Any] | None:
    found = client.describe_key(KeyId=resource.id)["KeyMetadata"]
    if found["KeyState"] in GONE:
        return None
    tags = client.list_resource_tags(KeyId=resource.id)["Tags"]
    told = {
        "description": found["Description"],
        "multiRegion": found["MultiRegion"],
        "enableKeyRotation": client.get_key_rotation_status(KeyId=resource.id)["KeyRotationEnabled"],
        "tags": {item["TagKey"]: item["TagValue"] for item in tags},
    }
    if "policy" in resource.inputs:
        told["policy"] = client.get_key_policy(KeyId=resource.id, PolicyName="default")["Policy"]
    return told


def _delete(client: Any, resource: Resource) -> None:
    window = int(resource.inputs.get("deletionWindowInDays", SHORTEST_WINDOW))
    client.schedule_key_deletion(KeyId=resource.id, PendingWindowInDays=window)


def _create_alias(client: Any, resource: Resource) -> Answer:
    inputs = bare(resource.inputs)
    client.create_alias(AliasName=inputs["name"], TargetKeyId=inputs["targetKeyId"])
    found = _alias(client, inputs["name"])
    assert found is not None
    return Answer(inputs["name"], {"name": inputs["name"], "arn": found["AliasArn"]})


def _alias(client: Any, name: str) -> Mapping[str, Any] | None:
    pages = client.get_paginator("list_aliases").paginate()
    return next((item for page in pages for item in page["Aliases"] if item["AliasName"] == name), None)


def _read_alias(client: Any, resource: Resource) -> Mapping[str, Any] | None:
    found = _alias(client, resource.id)
    return {"targetKeyId": found["TargetKeyId"]} if found else None


def _delete_alias(client: Any, resource: Resource) -> None:
    client.delete_alias(AliasName=resource.id)


KINDS = (
    Kind("aws:kms/key:Key", "kms", _create, _read, _delete),
    Kind("aws:kms/alias:Alias", "kms", _create_alias, _read_alias, _delete_alias),
)
