"""How long a scan, build, rewrite or reshard may take: bytes by a rate, so a guess, and said to be one."""

from __future__ import annotations

from collections.abc import Mapping

from cluster_cli.schema.differences import Work

RATES: Mapping[Work, float] = {"scan": 50e6, "build": 20e6, "rewrite": 10e6, "reshard": 5e6}
"""Bytes a second on a modest disk; a reshard copies every document to new owners and catches up."""
RESHARD_LEAST_S = 300.0
"""The servers' own minimum: `reshardingMinimumOperationDurationMillis`."""


def estimate(work: Work, size_bytes: int | None) -> float | None:
    """Seconds, rounded up to a whole one; None when nothing has to be read or the size is unknown."""
    if not work or size_bytes is None:
        return None
    seconds = max(1.0, float(round(size_bytes / RATES[work])))
    return max(seconds, RESHARD_LEAST_S) if work == "reshard" else seconds


def size(size_bytes: int) -> str:
    """Bytes for a person."""
    value, unit = float(size_bytes), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if value < 1024 or unit == "TiB":
            break
        value /= 1024
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
