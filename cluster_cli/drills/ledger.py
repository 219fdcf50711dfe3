"""The ledger: every write that was acknowledged, against what the database holds in the end.

A write that was acknowledged and is not there is *lost*; one that is there more than once is
*duplicated*; one that nobody can have written (never tried, or definitely refused) is a *phantom*.
An indeterminate write may be there or not: both are right.
"""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cluster_cli.drills.records import AckClass, Domain, Durability, Op

AROUND_BEFORE = 0.10
"""Seconds before a write was sent in which the durability in force still counts for it."""
AROUND_AFTER = 0.15
"""Seconds after the acknowledgement: two sampling periods and the sample's own time."""

Key = tuple[str, str]
"""(collection or table, value id)"""
Home = tuple[Domain, AckClass]
"""Where a write is counted."""


@dataclass(frozen=True)
class ReadBack:
    """What the databases held when the drill was over."""

    complete: bool
    found: Mapping[Key, int] = field(default_factory=dict[Key, int])
    """How often each value of this run is there."""
    reason: str = ""
    balances: Mapping[str, int] = field(default_factory=dict[str, int])
    """Account -> balance, in the smallest unit of its currency."""
    entries: Mapping[str, int] = field(default_factory=dict[str, int])
    """Account -> sum of its ledger entries."""
    opening: Mapping[str, int] = field(default_factory=dict[str, int])
    """Account -> balance before the first transfer."""
    legs: Mapping[str, int] = field(default_factory=dict[str, int])
    """Transfer value -> number of its ledger entries (two when booked exactly once)."""


@dataclass(frozen=True)
class Lost:
    """An acknowledged write that is not there."""

    value: str
    target: str
    acked_at: float


@dataclass(frozen=True)
class ClassLedger:
    """The judgement on one class of writes. Attempts are counted, values are named."""

    acked: int = 0
    refused: int = 0
    indeterminate: int = 0
    lost: tuple[Lost, ...] = ()
    duplicated: tuple[str, ...] = ()
    phantom: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ledger:
    """The judgement on every class that the load wrote in."""

    classes: Mapping[Home, ClassLedger]

    def of(self, domain: Domain, cls: AckClass) -> ClassLedger:
        """The class's ledger; empty when nothing was written in it."""
        return self.classes.get((domain, cls), ClassLedger())


def in_force(op: Op, samples: Sequence[Durability]) -> AckClass:
    """`sync` when every sign around a payments write says so, else `degraded`.

    Signs: the samples of the primary from `AROUND_BEFORE` the send to `AROUND_AFTER` the answer, and
    what the writing backend itself saw inside the transaction (`detail["standbys"]`).
    """
    if op.detail.get("standbys") == "":
        return "degraded"
    low = bisect.bisect_left(samples, op.invoked - AROUND_BEFORE, key=lambda s: s.at)
    high = bisect.bisect_right(samples, op.completed + AROUND_AFTER, key=lambda s: s.at)
    around = samples[low:high]
    if not around and "standbys" not in op.detail:
        return "degraded"
    return "degraded" if any(sample.mode == "degraded" for sample in around) else "sync"


def class_of(op: Op, samples: Sequence[Durability]) -> AckClass:
    """The ledger class of a write: as asked for, except that payments follow the durability in force."""
    return in_force(op, samples) if op.domain == "payments" else op.cls


def judge(ops: Iterable[Op], back: ReadBack, samples: Sequence[Durability]) -> Ledger:
    """Compare every recorded write with what is there. `samples` in the order of their time."""
    counts: dict[Home, Counter[str]] = {}
    classes: dict[Key, Home] = {}
    acked: dict[Key, Op] = {}
    possible: set[Key] = set()
    for op in ops:
        key = (op.target, op.value)
        where: Home = (op.domain, class_of(op, samples))
        counts.setdefault(where, Counter())[op.outcome] += 1
        if op.outcome == "acked":
            acked[key], classes[key] = op, where
        else:
            classes.setdefault(key, where)
        if op.outcome != "refused":
            possible.add(key)
    problems = _problems(acked, possible, back.found)
    return Ledger(_assemble(counts, classes, acked, problems))


@dataclass(frozen=True)
class _Problems:
    lost: tuple[Key, ...]
    duplicated: tuple[Key, ...]
    phantom: tuple[Key, ...]


def _problems(acked: Mapping[Key, Op], possible: set[Key], found: Mapping[Key, int]) -> _Problems:
    return _Problems(
        lost=tuple(key for key in acked if found.get(key, 0) == 0),
        duplicated=tuple(key for key, times in found.items() if times > 1),
        phantom=tuple(key for key, times in found.items() if times and key not in possible),
    )


def _assemble(
    counts: Mapping[Home, Counter[str]],
    classes: Mapping[Key, Home],
    acked: Mapping[Key, Op],
    problems: _Problems,
) -> dict[Home, ClassLedger]:
    by_target = {key[0]: where for key, where in classes.items()}

    def where(key: Key) -> Home | None:
        return classes.get(key) or by_target.get(key[0])

    homes = set(counts) | {found for key in problems.phantom if (found := where(key))}
    return {
        home: ClassLedger(
            acked=counts.get(home, Counter())["acked"],
            refused=counts.get(home, Counter())["refused"],
            indeterminate=counts.get(home, Counter())["indeterminate"],
            lost=tuple(
                sorted(
                    (Lost(k[1], k[0], acked[k].completed) for k in problems.lost if where(k) == home),
                    key=lambda lost: lost.acked_at,
                )
            ),
            duplicated=tuple(sorted(k[1] for k in problems.duplicated if where(k) == home)),
            phantom=tuple(sorted(k[1] for k in problems.phantom if where(k) == home)),
        )
        for home in sorted(homes)
    }
