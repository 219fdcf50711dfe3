"""What the charts draw: the load over time, cut into equal buckets. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from cluster_cli.drills.records import Domain, Op

BUCKET = 0.5
"""Seconds a bucket: short enough to see a pause of one second, long enough to be steady."""


@dataclass(frozen=True)
class Bucket:
    """One slice of run time on one path."""

    start: float
    acked: int = 0
    failed: int = 0
    """Refused and indeterminate attempts."""
    p50: float | None = None
    """Median seconds from send to acknowledgement; None without acknowledgements."""
    worst: float | None = None


@dataclass(frozen=True)
class Series:
    """The load on a set of paths."""

    label: str
    domain: Domain
    affected: bool
    buckets: tuple[Bucket, ...]

    @property
    def peak(self) -> float:
        """The highest acknowledgements per second in any bucket."""
        return max((bucket.acked for bucket in self.buckets), default=0) / BUCKET


def series_of(
    ops: Iterable[Op],
    label: str,
    domain: Domain,
    paths: Collection[str],
    span: tuple[float, float],
    *,
    affected: bool,
) -> Series:
    """The load of a domain's paths from `span[0]` to `span[1]` (run seconds)."""
    begin, end = span
    slots: list[list[Op]] = [[] for _ in range(max(1, math.ceil((end - begin) / BUCKET)))]
    for op in ops:
        slot = int((op.completed - begin) / BUCKET)
        if op.domain == domain and op.path in paths and 0 <= slot < len(slots):
            slots[slot].append(op)
    buckets = tuple(_bucket(begin + n * BUCKET, members) for n, members in enumerate(slots))
    return Series(label, domain, affected, buckets)


def _bucket(start: float, ops: Sequence[Op]) -> Bucket:
    took = sorted(op.completed - op.invoked for op in ops if op.outcome == "acked")
    return Bucket(
        start,
        acked=len(took),
        failed=len(ops) - len(took),
        p50=took[len(took) // 2] if took else None,
        worst=took[-1] if took else None,
    )


def ticks(top: float, about: int = 4) -> tuple[float, ...]:
    """Round axis values from 0 up to at least `top`."""
    if top <= 0:
        return (0.0, 1.0)
    raw = top / about
    magnitude = 10 ** math.floor(math.log10(raw))
    step = next(f * magnitude for f in (1, 2, 2.5, 5, 10) if f * magnitude >= raw * 0.999)
    return tuple(round(n * step, 9) for n in range(math.ceil(top / step - 1e-9) + 1))
