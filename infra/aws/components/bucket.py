"""One bucket: encrypted with a customer key, versioned, private, TLS alone, locked where asked for."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.aws.components.base import Component
from infra.aws.documents import tls_only
from infra.aws.site import Care


@dataclass(frozen=True)
class BucketArgs:
    """name: the physical one. lock_mode: how versions are kept from deletion for `care.lock_days` days.

    archived: after 30 days into cheaper storage. Current versions never expire: only what writes backups
    knows which are needed. What was replaced or deleted goes after `care.retention_days` days.
    """

    name: str
    key_arn: pulumi.Input[str]
    care: Care
    lock_mode: str
    archived: bool


class Bucket(Component):
    """bucket: the S3 bucket; versioning: what replication waits for."""

    def __init__(self, name: str, args: BucketArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        self._locked = args.care.lock_days > 0
        self.bucket = aws.s3.Bucket(
            name,
            bucket=args.name,
            object_lock_enabled=self._locked,
            force_destroy=not args.care.protected,
            opts=args.care.options(self),
        )
        self.versioning = aws.s3.BucketVersioning(
            name,
            bucket=self.bucket.id,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=self.child(),
        )
        self._encrypt()
        self._keep_private()
        if self._locked:
            self._lock(args.care.lock_days)
        self._expire()
        self.register_outputs({"name": self.bucket.id, "arn": self.bucket.arn})

    def _encrypt(self) -> None:
        by_default = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
            sse_algorithm="aws:kms", kms_master_key_id=self._args.key_arn
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            self._name,
            bucket=self.bucket.id,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    apply_server_side_encryption_by_default=by_default, bucket_key_enabled=True
                )
            ],
            opts=self.child(),
        )

    def _keep_private(self) -> None:
        aws.s3.BucketPublicAccessBlock(
            self._name,
            bucket=self.bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self.child(),
        )
        aws.s3.BucketOwnershipControls(
            self._name,
            bucket=self.bucket.id,
            rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            opts=self.child(),
        )
        aws.s3.BucketPolicy(
            self._name,
            bucket=self.bucket.id,
            policy=self.bucket.arn.apply(tls_only),
            opts=self.child(),
        )

    def _lock(self, days: int) -> None:
        retention = aws.s3.BucketObjectLockConfigurationRuleDefaultRetentionArgs(
            mode=self._args.lock_mode, days=days
        )
        aws.s3.BucketObjectLockConfiguration(
            self._name,
            bucket=self.bucket.id,
            rule=aws.s3.BucketObjectLockConfigurationRuleArgs(default_retention=retention),
            # a lock is possible on versions alone
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.versioning]),
        )

    def _expire(self) -> None:
        aws.s3.BucketLifecycleConfiguration(
            self._name,
            bucket=self.bucket.id,
            rules=[self._rule()],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.versioning]),
        )

    def _rule(self) -> aws.s3.BucketLifecycleConfigurationRuleArgs:
        args = self._args
        transition = aws.s3.BucketLifecycleConfigurationRuleTransitionArgs(
            days=30, storage_class="STANDARD_IA"
        )
        return aws.s3.BucketLifecycleConfigurationRuleArgs(
            id="keep",
            status="Enabled",
            filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
            transitions=[transition] if args.archived else None,
            noncurrent_version_expiration=aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                noncurrent_days=max(1, args.care.retention_days)
            ),
            abort_incomplete_multipart_upload=aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                days_after_initiation=7
            ),
        )
