"""No run can delete what holds data: keys, volumes, buckets, zones are protected and retained."""

from __future__ import annotations

from infra.aws.local.types import BUCKET, KEY, VOLUME, ZONE
from infra.policy._stack import DATA_KEPT, Finding, Stack

BINDS = DATA_KEPT


def check(stack: Stack) -> list[Finding]:
    """Look at the options of everything that holds data."""
    return [
        Finding(held.label, "it holds data and is not protected and retained")
        for held in stack.graph.of(KEY, VOLUME, BUCKET, ZONE)
        if not (held.options.protect and held.options.retain_on_delete)
    ]
