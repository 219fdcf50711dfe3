"""Every bucket is locked: what was written cannot be deleted for some days, by anybody."""

from __future__ import annotations

from infra.aws.local.types import BUCKET, BUCKET_LOCK
from infra.policy._stack import DATA_KEPT, Finding, Stack, settings_of

BINDS = DATA_KEPT


def check(stack: Stack) -> list[Finding]:
    """Look for object lock on each bucket, and for a default retention."""
    return [
        Finding(bucket.label, "its objects are not locked against deletion")
        for bucket in stack.graph.of(BUCKET)
        if bucket.inputs.get("objectLockEnabled") is not True
        or not any(
            setting.inputs.get("rule", {}).get("defaultRetention", {}).get("days")
            for setting in settings_of(stack, bucket, BUCKET_LOCK)
        )
    ]
