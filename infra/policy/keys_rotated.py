"""Every customer key is renewed each year by AWS."""

from __future__ import annotations

from infra.aws.local.types import KEY
from infra.policy._stack import ALL, Finding, Stack

BINDS = ALL


def check(stack: Stack) -> list[Finding]:
    """Look at the rotation of every key."""
    return [
        Finding(key.label, "it is never rotated")
        for key in stack.graph.of(KEY)
        if key.inputs.get("enableKeyRotation") is not True
    ]
