"""Orphans: rows and documents that refer to something that is not there, also across the two databases.

The comparison knows no database: it takes a `Reader` for each domain, so that drills and restores can
call it on what they have just brought back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from cluster_cli.schema.references import Domain, Link, Place

BATCH = 1000
"""How many rows are looked up at a time."""
EXAMPLES = 5
KEPT = 10_000
UNINDEXED_FACTOR = 50
"""So many batches are looked up at once where the target has to be read whole for it."""
PROGRESS_EVERY = 50_000
Row = tuple[Any, Any]
"""(key of the row, value that refers)."""


class Reader(Protocol):
    """What the scan asks a database. Effects only: nothing is decided here."""

    def batches(self, place: Place, size: int) -> Iterator[list[Row]]:
        """All (key, value) of a place in bounded batches; a place that does not exist has none."""
        ...

    def present(self, place: Place, values: Sequence[Any]) -> set[Any]:
        """Those of the values that exist at the place."""
        ...

    def still(self, place: Place, rows: Sequence[Row]) -> list[Row]:
        """Those of the rows that are there now with the same value."""
        ...

    def older(self, place: Place, rows: Sequence[Row], field: str, before: datetime) -> list[Row]:
        """Those of the rows in which `field` lies before the moment."""
        ...


@dataclass(frozen=True)
class Orphans:
    """The result of one reference. examples: keys of rows, with the value that leads nowhere.

    values: how often each value leads nowhere, of the first `KEPT` values. outlived: how many rows lead
    nowhere rightly, and are no orphans; reason: why they may.
    """

    reference: str
    scanned: int
    orphans: int
    examples: tuple[str, ...] = ()
    values: Mapping[str, int] = field(default_factory=dict[str, int], repr=False)
    outlived: int = 0
    reason: str = ""


def scan(
    links: Iterable[Link],
    readers: Mapping[Domain, Reader],
    progress: Callable[[str], None] = lambda _: None,
    batch: int = BATCH,
) -> list[Orphans]:
    """Scan every reference. A value counts when it is missing twice: it may have been written meanwhile."""
    wanted = list(links)
    found: list[Orphans] = []
    for number, link in enumerate(wanted, 1):
        found.append(scan_one(link, readers, progress, batch))
        progress(f"{number}/{len(wanted)} {found[-1].reference}: {found[-1].scanned} scanned")
        if found[-1].outlived:
            progress(f"outlived: {found[-1].outlived} ({found[-1].reason})")
    return found


def scan_one(
    link: Link, readers: Mapping[Domain, Reader], progress: Callable[[str], None], batch: int = BATCH
) -> Orphans:
    """One reference, batch by batch."""
    scanned, count, outlived, examples, values = 0, 0, 0, list[str](), Counter[str]()
    now = datetime.now(UTC)
    size = batch if link.indexed else batch * UNINDEXED_FACTOR
    for rows in readers[link.source.domain].batches(link.source, size):
        gone = orphans_of(link, rows, readers)
        lost = unexplained(link, gone, readers, now)
        outlived += len(gone) - len(lost)
        count += len(lost)
        values.update(str(value) for _, value in lost if str(value) in values or len(values) < KEPT)
        examples += [f"{key} -> {value}" for key, value in lost[: EXAMPLES - len(examples)]]
        if (scanned + len(rows)) // PROGRESS_EVERY > scanned // PROGRESS_EVERY:
            progress(f"{link}: {scanned + len(rows)} scanned, {count} orphans")
        scanned += len(rows)
    reason = link.outlived.reason if link.outlived and outlived else ""
    return Orphans(str(link), scanned, count, tuple(examples), values, outlived, reason)


def orphans_of(link: Link, rows: Sequence[Row], readers: Mapping[Domain, Reader]) -> list[Row]:
    """The rows whose value is not at the target, also when both sides are read again."""
    suspects = missing(rows, readers[link.target.domain].present(link.target, distinct(rows)))
    if not suspects:
        return []
    again = readers[link.source.domain].still(link.source, suspects)
    return missing(again, readers[link.target.domain].present(link.target, distinct(again)))


def unexplained(
    link: Link, rows: Sequence[Row], readers: Mapping[Domain, Reader], now: datetime
) -> list[Row]:
    """Those of the rows that lead nowhere without right: their target can be neither pruned nor erased."""
    way = link.outlived
    if way is None or not rows:
        return list(rows)
    if way.witness is not None:
        erased = readers[way.witness.domain].present(way.witness, distinct(rows))
        return missing(rows, erased)
    if way.days is None:
        return []
    before = now - timedelta(days=way.days)
    old = readers[link.source.domain].older(link.source, rows, way.since, before)
    return [row for row in rows if row not in old]


def distinct(rows: Iterable[Row]) -> list[Any]:
    """Each value once, in the order of the rows."""
    return list(dict.fromkeys(value for _, value in rows))


def missing(rows: Iterable[Row], present: set[Any]) -> list[Row]:
    """The rows whose value is not among those present."""
    return [row for row in rows if row[1] not in present]


def total(found: Iterable[Orphans]) -> int:
    """How many orphans there are in all."""
    return sum(one.orphans for one in found)
