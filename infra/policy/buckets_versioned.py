"""Every bucket keeps the versions that are overwritten or deleted."""

from __future__ import annotations

from infra.aws.local.types import BUCKET, BUCKET_VERSIONING
from infra.policy._stack import ALL, Finding, Stack, settings_of

BINDS = ALL


def check(stack: Stack) -> list[Finding]:
    """Look for the setting of each bucket."""
    return [
        Finding(bucket.label, "it keeps no versions")
        for bucket in stack.graph.of(BUCKET)
        if not any(
            setting.inputs.get("versioningConfiguration", {}).get("status") == "Enabled"
            for setting in settings_of(stack, bucket, BUCKET_VERSIONING)
        )
    ]
