"""Daily snapshots of a region's data volumes by AWS Backup, locked, copied to another region."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.aws.components.alerts import Alerts, Watch, watch
from infra.aws.components.base import Component
from infra.aws.documents import assumed_by
from infra.aws.site import Site

MANAGED = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"
NAMESPACE = "AWS/Backup"
NIGHTLY = "cron(0 3 * * ? *)"  # 03:00 UTC


def backup_tag(site: Site) -> str:
    """The value of the tag `Backup` by which a plan takes a volume; "" in classes that keep nothing."""
    return f"{site.prefix}-daily" if site.care.protected else ""


@dataclass(frozen=True)
class BackupPlanArgs:
    """copy_to: ARN of another region's vault, None for no copy. volumes: whether there are any to take."""

    site: Site
    key_arn: pulumi.Input[str]
    copy_to: pulumi.Input[str] | None
    alerts: Alerts
    volumes: bool


class BackupPlan(Component):
    """Takes every volume of its region with the stack's tag. vault_arn: where it puts them."""

    def __init__(self, name: str, args: BackupPlanArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        vault = self._vault()
        self.vault_arn = vault.arn
        plan = aws.backup.Plan(
            name,
            name=f"{args.site.prefix}-daily",
            rules=[self._rule(vault)],
            opts=self.child(),
        )
        self._select(plan)
        self._alarms(vault)
        self.register_outputs({"plan_id": plan.id, "vault_arn": vault.arn})

    def _vault(self) -> aws.backup.Vault:
        site = self._args.site
        vault = aws.backup.Vault(
            self._name,
            name=f"{site.prefix}-daily",
            kms_key_arn=self._args.key_arn,
            opts=site.care.options(self),
        )
        if site.care.lock_days:
            aws.backup.VaultLockConfiguration(
                self._name,
                backup_vault_name=vault.name,
                min_retention_days=site.care.lock_days,
                max_retention_days=site.care.retention_days,
                opts=self.child(),
            )
        return vault

    def _rule(self, vault: aws.backup.Vault) -> aws.backup.PlanRuleArgs:
        days = self._args.site.care.retention_days
        return aws.backup.PlanRuleArgs(
            rule_name="daily",
            target_vault_name=vault.name,
            schedule=NIGHTLY,
            start_window=60,
            completion_window=360,
            lifecycle=aws.backup.PlanRuleLifecycleArgs(delete_after=days),
            copy_actions=[self._copy(self._args.copy_to, days)] if self._args.copy_to else None,
        )

    def _copy(self, vault_arn: pulumi.Input[str], days: int) -> aws.backup.PlanRuleCopyActionArgs:
        return aws.backup.PlanRuleCopyActionArgs(
            destination_vault_arn=vault_arn,
            lifecycle=aws.backup.PlanRuleCopyActionLifecycleArgs(delete_after=days),
        )

    def _select(self, plan: aws.backup.Plan) -> None:
        role = aws.iam.Role(
            self._name, assume_role_policy=assumed_by("backup.amazonaws.com"), opts=self.child()
        )
        aws.iam.RolePolicyAttachment(self._name, role=role.name, policy_arn=MANAGED, opts=self.child())
        tag = aws.backup.SelectionSelectionTagArgs(
            type="STRINGEQUALS", key="Backup", value=backup_tag(self._args.site)
        )
        aws.backup.Selection(
            self._name,
            name="data-volumes",
            plan_id=plan.id,
            iam_role_arn=role.arn,
            selection_tags=[tag],
            opts=self.child(),
        )

    def _alarms(self, vault: aws.backup.Vault) -> None:
        self._bad("failed", "A daily snapshot failed.", "NumberOfBackupJobsFailed", vault)
        self._bad("expired", "A daily snapshot did not start in time.", "NumberOfBackupJobsExpired", vault)
        if self._args.copy_to is not None:
            self._bad("copy-failed", "The copy of a snapshot failed.", "NumberOfCopyJobsFailed", vault)
        if self._args.volumes:
            self._missing("missing", "daily snapshot", "NumberOfBackupJobsCompleted", vault)
            if self._args.copy_to is not None:
                self._missing("copy-missing", "copy of a snapshot", "NumberOfCopyJobsCompleted", vault)

    def _bad(self, label: str, about: str, metric: str, vault: aws.backup.Vault) -> None:
        alarm = Watch(
            name=f"{self._name}-{label}",
            about=about,
            namespace=NAMESPACE,
            metric=metric,
            dimensions={"BackupVaultName": vault.name},
            periods=1,
            statistic="Sum",
            missing="notBreaching",
        )
        watch(self._args.alerts, alarm, self.child())

    def _missing(self, label: str, what: str, metric: str, vault: aws.backup.Vault) -> None:
        """Silence is an alarm: a plan that selects nothing any more has no job that could fail.

        30 hours: a job may end 7 hours after its start at night, the one of the day before in minutes.
        """
        alarm = Watch(
            name=f"{self._name}-{label}",
            about=f"No {what} was completed for 30 hours.",
            namespace=NAMESPACE,
            metric=metric,
            dimensions={"BackupVaultName": vault.name},
            below=1,
            period=6 * 3600,
            periods=5,
            statistic="Sum",
            missing="breaching",
        )
        watch(self._args.alerts, alarm, self.child())
