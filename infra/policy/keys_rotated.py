"""Every customer key is renewed each year by AWS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.aws.local.types import KEY
from infra.policy._stack import ALL, Finding, Stack

BINDS = ALL
YEAR = 365  # days: what AWS does when nothing else is said


def check(stack: Stack) -> list[Finding]:
    """Look at the rotation of every key."""
    return [Finding(key.label, why) for key in stack.graph.of(KEY) if (why := _wrong(key.inputs))]


def _wrong(inputs: Mapping[str, Any]) -> str | None:
    if inputs.get("enableKeyRotation") is not True:
        return "it is never rotated"
    days = inputs.get("rotationPeriodInDays", YEAR)
    return f"it is rotated every {days} days alone" if days > YEAR else None
