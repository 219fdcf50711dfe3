"""Every bucket refuses public access in all four ways."""

from __future__ import annotations

from infra.aws.local.types import BUCKET, BUCKET_BLOCK
from infra.policy._stack import ALL, Finding, Stack, settings_of

BINDS = ALL
BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def check(stack: Stack) -> list[Finding]:
    """Look for the block of each bucket."""
    return [
        Finding(bucket.label, "public access to it is not blocked")
        for bucket in stack.graph.of(BUCKET)
        if not any(
            all(block.inputs.get(name) is True for name in BLOCKS)
            for block in settings_of(stack, bucket, BUCKET_BLOCK)
        )
    ]
