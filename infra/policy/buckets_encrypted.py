"""Every bucket encrypts with a customer key."""

from __future__ import annotations

from infra.aws.local.graph import Resource
from infra.aws.local.types import BUCKET, BUCKET_ENCRYPTION
from infra.aws.local.values import bare
from infra.policy._stack import ALL, Finding, Stack, key_of, settings_of

BINDS = ALL


def check(stack: Stack) -> list[Finding]:
    """Look for the setting of each bucket that names KMS and a key of this stack."""
    return [
        Finding(bucket.label, "it is not encrypted with a customer key")
        for bucket in stack.graph.of(BUCKET)
        if not any(_good(stack, setting) for setting in settings_of(stack, bucket, BUCKET_ENCRYPTION))
    ]


def _good(stack: Stack, setting: Resource) -> bool:
    rules = bare(setting.inputs.get("rules", []))
    defaults = [rule.get("applyServerSideEncryptionByDefault", {}) for rule in rules]
    kms = any(item.get("sseAlgorithm") == "aws:kms" and item.get("kmsMasterKeyId") for item in defaults)
    return kms and key_of(stack, setting, "rules") is not None
