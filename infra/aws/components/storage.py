"""The buckets for WAL, backups and media, and their copies in the DR region."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.aws.components.alerts import Alerts, Watch, watch
from infra.aws.components.base import Component
from infra.aws.components.bucket import Bucket, BucketArgs
from infra.aws.components.keys import Keys
from infra.aws.documents import Grant, assumed_by, policy
from infra.aws.site import Site

# The lock of media can be lifted by those who may: a member's pictures must go when the member asks for it.
LOCK_MODES = {"wal": "COMPLIANCE", "backups": "COMPLIANCE", "media": "GOVERNANCE"}
RULE, COPY_MINUTES = "to-dr", 15  # the only limit that S3 keeps


@dataclass(frozen=True)
class Replica:
    """The DR region: its keys and its provider."""

    keys: Keys
    provider: aws.Provider


@dataclass(frozen=True)
class StorageArgs:
    """replica: where copies go; None without a DR region. alerts: told when a copy fails or is late."""

    site: Site
    keys: Keys
    alerts: Alerts
    replica: Replica | None


class Storage(Component):
    """buckets, copies: purpose -> bucket."""

    def __init__(self, name: str, args: StorageArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__(name, opts)
        self._args = args
        self.buckets = {purpose: self._bucket(purpose) for purpose in LOCK_MODES}
        self.copies: dict[str, Bucket] = {}
        if args.replica is not None:
            self.copies = {purpose: self._copy(purpose, args.replica) for purpose in LOCK_MODES}
            for purpose in LOCK_MODES:
                self._replicate(purpose, args.replica)
                self._watch(purpose)
        self.register_outputs({purpose: item.bucket.id for purpose, item in self.buckets.items()})

    def _bucket(self, purpose: str) -> Bucket:
        args = self._bucket_args(purpose, "", self._args.keys)
        return Bucket(purpose, args, self.child())

    def _copy(self, purpose: str, replica: Replica) -> Bucket:
        args = self._bucket_args(purpose, "-copy", replica.keys)
        opts = pulumi.ResourceOptions(parent=self, providers=[replica.provider])
        return Bucket(f"{purpose}-copy", args, opts)

    def _bucket_args(self, purpose: str, suffix: str, keys: Keys) -> BucketArgs:
        site = self._args.site
        return BucketArgs(
            name=f"{site.prefix}-{purpose}-{site.account}{suffix}",
            key_arn=keys.arns[purpose],
            care=site.care,
            lock_mode=LOCK_MODES[purpose],
            archived=purpose == "media",
        )

    def _replicate(self, purpose: str, replica: Replica) -> None:
        source, copy = self.buckets[purpose], self.copies[purpose]
        role = self._replication_role(purpose, replica)
        target = aws.s3.BucketReplicationConfigRuleDestinationArgs(
            bucket=copy.bucket.arn,
            storage_class="STANDARD_IA" if purpose == "media" else "STANDARD",
            encryption_configuration=aws.s3.BucketReplicationConfigRuleDestinationEncryptionConfigurationArgs(
                replica_kms_key_id=replica.keys.arns[purpose]
            ),
            # replication within 15 minutes, and metrics that show it
            replication_time=aws.s3.BucketReplicationConfigRuleDestinationReplicationTimeArgs(
                status="Enabled",
                time=aws.s3.BucketReplicationConfigRuleDestinationReplicationTimeTimeArgs(
                    minutes=COPY_MINUTES
                ),
            ),
            metrics=aws.s3.BucketReplicationConfigRuleDestinationMetricsArgs(
                status="Enabled",
                event_threshold=aws.s3.BucketReplicationConfigRuleDestinationMetricsEventThresholdArgs(
                    minutes=COPY_MINUTES
                ),
            ),
        )
        encrypted = aws.s3.BucketReplicationConfigRuleSourceSelectionCriteriaSseKmsEncryptedObjectsArgs(
            status="Enabled"
        )
        rule = aws.s3.BucketReplicationConfigRuleArgs(
            id=RULE,
            status="Enabled",
            priority=1,
            filter=aws.s3.BucketReplicationConfigRuleFilterArgs(prefix=""),
            # What a member asked to erase must go from the copy too. The versions under a marker stay there
            # as long as here: locked, then until they expire; so a deletion by mistake can be undone.
            delete_marker_replication=aws.s3.BucketReplicationConfigRuleDeleteMarkerReplicationArgs(
                status="Enabled"
            ),
            source_selection_criteria=aws.s3.BucketReplicationConfigRuleSourceSelectionCriteriaArgs(
                sse_kms_encrypted_objects=encrypted
            ),
            destination=target,
        )
        aws.s3.BucketReplicationConfig(
            purpose,
            bucket=source.bucket.id,
            role=role.arn,
            rules=[rule],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[source.versioning, copy.versioning]),
        )

    def _watch(self, purpose: str) -> None:
        """Alarms on the rule's metrics; a bucket to which nothing is written has none, and that is fine."""
        late = COPY_MINUTES * 60
        for label, metric, statistic, most, about in (
            ("failed", "OperationsFailedReplication", "Sum", 0, "was not copied to the DR region"),
            ("late", "ReplicationLatency", "Maximum", late, f"is in no copy after {COPY_MINUTES} minutes"),
        ):
            alarm = Watch(
                name=f"{purpose}-copy-{label}",
                about=f"An object in the bucket {purpose} {about}.",
                namespace="AWS/S3",
                metric=metric,
                dimensions={
                    "SourceBucket": self.buckets[purpose].bucket.id,
                    "DestinationBucket": self.copies[purpose].bucket.id,
                    "RuleId": RULE,
                },
                above=most,
                period=300,
                periods=1,
                statistic=statistic,
                missing="notBreaching",
            )
            watch(self._args.alerts, alarm, self.child())

    def _replication_role(self, purpose: str, replica: Replica) -> aws.iam.Role:
        role = aws.iam.Role(
            f"{purpose}-replication",
            assume_role_policy=assumed_by("s3.amazonaws.com", self._args.site.account),
            opts=self.child(),
        )
        arns = pulumi.Output.all(
            self.buckets[purpose].bucket.arn,
            self.copies[purpose].bucket.arn,
            self._args.keys.arns[purpose],
            replica.keys.arns[purpose],
        )
        aws.iam.RolePolicy(
            f"{purpose}-replication",
            role=role.id,
            policy=arns.apply(lambda found: policy(_replication_grants(*found))),
            opts=self.child(),
        )
        return role


def _replication_grants(source: str, copy: str, source_key: str, copy_key: str) -> list[Grant]:
    return [
        Grant(("s3:GetReplicationConfiguration", "s3:ListBucket"), (source,)),
        Grant(
            (
                "s3:GetObjectVersionForReplication",
                "s3:GetObjectVersionAcl",
                "s3:GetObjectVersionTagging",
                "s3:GetObjectRetention",
                "s3:GetObjectLegalHold",
            ),
            (f"{source}/*",),
        ),
        Grant(("s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"), (f"{copy}/*",)),
        Grant(("kms:Decrypt",), (source_key,)),
        Grant(("kms:Encrypt", "kms:GenerateDataKey"), (copy_key,)),
    ]
