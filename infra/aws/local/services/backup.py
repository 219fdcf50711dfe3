"""AWS Backup: vaults, their lock, plans. A plan's selection is one of moto's gaps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.aws.local.backend import Answer
from infra.aws.local.cloud import is_gone
from infra.aws.local.graph import Resource
from infra.aws.local.kinds import Kind
from infra.aws.local.table import Table
from infra.aws.local.values import bare


def _tags(client: Any, arn: str) -> dict[str, Any]:
    return client.list_tags(ResourceArn=arn)["Tags"]


VAULT = Table(
    type="aws:backup/vault:Vault",
    service="backup",
    create="create_backup_vault",
    made="",
    id="BackupVaultName",
    find=("describe_backup_vault", {"BackupVaultName": "{id}"}),
    found="",
    delete=("delete_backup_vault", {"BackupVaultName": "{id}"}),
    fields={"kmsKeyArn": "EncryptionKeyArn"},
    outputs={"arn": "BackupVaultArn", "name": "BackupVaultName"},
    more=lambda resource: {
        "BackupVaultName": resource.inputs.get("name", resource.name),
        "BackupVaultTags": dict(resource.tags),
    },
    told=lambda client, resource, found: {"tags": _tags(client, found["BackupVaultArn"])},
)


def _lock(client: Any, resource: Resource) -> Answer:
    inputs = bare(resource.inputs)
    names = {"minRetentionDays": "MinRetentionDays", "maxRetentionDays": "MaxRetentionDays",
             "changeableForDays": "ChangeableForDays"}  # fmt: skip
    days = {field: inputs[name] for name, field in names.items() if name in inputs}
    client.put_backup_vault_lock_configuration(BackupVaultName=inputs["backupVaultName"], **days)
    return Answer(inputs["backupVaultName"])


def _locked(client: Any, resource: Resource) -> Mapping[str, Any] | None:
    try:
        found = client.describe_backup_vault(BackupVaultName=resource.id)
    except Exception as error:  # botocore makes its classes at run time
        if is_gone(error):
            return None
        raise
    told = {
        "minRetentionDays": found.get("MinRetentionDays"),
        "maxRetentionDays": found.get("MaxRetentionDays"),
    }
    return (
        {key: value for key, value in told.items() if key in resource.inputs} if found.get("Locked") else None
    )


def _unlock(client: Any, resource: Resource) -> None:
    client.delete_backup_vault_lock_configuration(BackupVaultName=resource.id)


def _rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    life = rule.get("lifecycle", {})
    names = {"deleteAfter": "DeleteAfterDays", "coldStorageAfter": "MoveToColdStorageAfterDays"}
    kept = {names[key]: value for key, value in life.items() if key in names}
    return {
        "RuleName": rule["ruleName"],
        "TargetBackupVaultName": rule["targetVaultName"],
        "ScheduleExpression": rule.get("schedule", ""),
        **({"Lifecycle": kept} if kept else {}),
        **({"CopyActions": [_copy(item) for item in rule["copyActions"]]} if "copyActions" in rule else {}),
    }


def _copy(action: Mapping[str, Any]) -> dict[str, Any]:
    kept = {"DeleteAfterDays": action["lifecycle"]["deleteAfter"]} if "lifecycle" in action else {}
    return {
        "DestinationBackupVaultArn": action["destinationVaultArn"],
        **({"Lifecycle": kept} if kept else {}),
    }


def _plan(client: Any, resource: Resource) -> Answer:
    inputs = bare(resource.inputs)
    plan = {
        "BackupPlanName": inputs.get("name", resource.name),
        "Rules": [_rule(rule) for rule in inputs["rules"]],
    }
    made = client.create_backup_plan(BackupPlan=plan, BackupPlanTags=bare(dict(resource.tags)))
    return Answer(made["BackupPlanId"], {"arn": made["BackupPlanArn"]})


def _plan_read(client: Any, resource: Resource) -> Mapping[str, Any] | None:
    try:
        found = client.get_backup_plan(BackupPlanId=resource.id)
    except Exception as error:  # botocore makes its classes at run time
        if is_gone(error):
            return None
        raise
    if found.get("DeletionDate"):
        return None
    wanted = bare(resource.inputs["rules"])
    told = {rule["RuleName"]: rule.get("ScheduleExpression") for rule in found["BackupPlan"]["Rules"]}
    rules = [{**rule, "schedule": told.get(rule["ruleName"])} for rule in wanted if rule["ruleName"] in told]
    return {"rules": rules, "tags": _tags(client, found["BackupPlanArn"])}


KINDS = (
    VAULT.kind(),
    Kind("aws:backup/vaultLockConfiguration:VaultLockConfiguration", "backup", _lock, _locked, _unlock),
    Kind(
        "aws:backup/plan:Plan",
        "backup",
        _plan,
        _plan_read,
        lambda client, resource: client.delete_backup_plan(BackupPlanId=resource.id),
    ),
)
