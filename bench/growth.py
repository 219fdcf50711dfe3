"""How an operation's latency grows with its data. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.schema_load import Latency


@dataclass(frozen=True)
class Growth:
    """One operation at the smallest and at the largest size."""

    small: Latency
    large: Latency

    @property
    def slower(self) -> float:
        """How many times the median grew."""
        return self.large.median_ms / self.small.median_ms

    @property
    def sublinear(self) -> bool:
        """Whether it grew less than the data did."""
        return self.slower < self.large.size / self.small.size

    def row(self) -> str:
        """The growth as a row of the table."""
        words = "slower than linear" if self.sublinear else "LINEAR OR WORSE"
        both = (self.small, self.large)
        cells = " | ".join(f"{x.size:,} | {x.median_ms:.2f} | {x.p95_ms:.2f}" for x in both)
        return f"| {self.small.name} | {self.small.operation} | {cells} | ×{self.slower:.1f} | {words} |"


def growths(found: Iterable[Latency]) -> list[Growth]:
    """One growth an operation. Pure."""
    groups: dict[tuple[str, str], list[Latency]] = {}
    for latency in found:
        groups.setdefault((latency.name, latency.operation), []).append(latency)
    return [Growth(sizes[0], sizes[-1]) for sizes in groups.values()]


def verdict(found: Sequence[Growth]) -> str:
    """The table in a sentence. Pure."""
    bad = [f"{g.small.name} {g.small.operation} (×{g.slower:.1f})" for g in found if not g.sublinear]
    if bad:
        return f"FAIL: {len(bad)} of {len(found)} operations grow like their data or worse: {', '.join(bad)}."
    worst = max(found, key=lambda growth: growth.slower)
    name, more = f"{worst.small.name} {worst.small.operation}", worst.large.size / worst.small.size
    return (
        f"PASS: all {len(found)} operations grow slower than linear; "
        f"most grows {name}, ×{worst.slower:.1f} for ×{more:g} documents."
    )
