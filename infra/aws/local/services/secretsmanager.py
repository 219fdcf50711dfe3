"""Secrets Manager: secrets and their values. A value is never told back: whether there is one is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.aws.local.backend import Answer
from infra.aws.local.cloud import is_gone
from infra.aws.local.graph import Resource
from infra.aws.local.kinds import Kind
from infra.aws.local.table import pairs, tags_of
from infra.aws.local.values import bare


def _create(client: Any, resource: Resource) -> Answer:
    inputs = bare(resource.inputs)
    key = {"KmsKeyId": inputs["kmsKeyId"]} if "kmsKeyId" in inputs else {}
    copies = [
        {"Region": item["region"], **({"KmsKeyId": item["kmsKeyId"]} if "kmsKeyId" in item else {})}
        for item in inputs.get("replicas", ())
    ]
    made = client.create_secret(
        Name=inputs.get("name", resource.name),
        Description=inputs.get("description", ""),
        Tags=pairs(resource.tags),
        **key,
        **({"AddReplicaRegions": copies} if copies else {}),
    )
    return Answer(made["ARN"], {"arn": made["ARN"], "name": made["Name"]})


def _read(client: Any, resource: Resource) -> Mapping[str, Any] | None:
    try:
        found = client.describe_secret(SecretId=resource.id)
    except Exception as error:  # botocore makes its classes at run time
        if is_gone(error):
            return None
        raise
    if found.get("DeletedDate"):
        return None
    told = {"name": found["Name"], "description": found.get("Description", ""), "tags": tags_of(found)}
    return {**told, **({"kmsKeyId": found["KmsKeyId"]} if found.get("KmsKeyId") else {})}


def _delete(client: Any, resource: Resource) -> None:
    days = int(resource.inputs.get("recoveryWindowInDays", 30))
    how = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
    client.delete_secret(SecretId=resource.id, **how)


def _value(client: Any, resource: Resource) -> Answer:
    inputs = bare(resource.inputs)
    made = client.put_secret_value(
        SecretId=inputs["secretId"], SecretString=inputs.get("secretStringWo") or inputs["secretString"]
    )
    return Answer(f"{inputs['secretId']}|{made['VersionId']}", {"versionId": made["VersionId"]})


def _value_read(client: Any, resource: Resource) -> Mapping[str, Any] | None:
    secret, _, version = resource.id.partition("|")
    try:
        found = client.describe_secret(SecretId=secret)
    except Exception as error:  # botocore makes its classes at run time
        if is_gone(error):
            return None
        raise
    return {"secretId": secret} if version in found.get("VersionIdsToStages", {}) else None


KINDS = (
    Kind("aws:secretsmanager/secret:Secret", "secretsmanager", _create, _read, _delete),
    Kind(
        "aws:secretsmanager/secretVersion:SecretVersion",
        "secretsmanager",
        _value,
        _value_read,
        lambda client, resource: None,  # a value goes with its secret
    ),
)
