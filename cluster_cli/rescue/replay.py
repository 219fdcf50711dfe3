"""Puts rolled-back documents back that are still absent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pymongo.errors import DuplicateKeyError
from pymongo.write_concern import WriteConcern

from cluster_cli.engines.mongodb.clients import Client
from cluster_cli.rescue.compare import Comparison, State

_MAJORITY = WriteConcern("majority", j=True, wtimeout=30_000)


@dataclass(frozen=True)
class ReplayResult:
    """How many documents were put back, and how many were left alone and why."""

    replayed: int
    same: int
    different: int
    unknown: int
    taken: int
    """Absent when compared, but something else took the _id or a unique key before the insert."""


def plan(comparisons: Iterable[Comparison]) -> tuple[tuple[Comparison, ...], dict[State, int]]:
    """The documents to insert, and the count of each state. Pure."""
    known = tuple(comparisons)
    counts = {state: sum(c.state is state for c in known) for state in State}
    return tuple(c for c in known if c.state is State.ABSENT), counts


def replay(client: Client, comparisons: Iterable[Comparison]) -> ReplayResult:
    """Insert the absent documents with majority, whatever their class: they shall not be lost twice."""
    absent, counts = plan(comparisons)
    replayed = 0
    for comparison in absent:
        database, _, name = comparison.rolled_back.file.namespace.partition(".")
        target = client[database].get_collection(name, write_concern=_MAJORITY)
        try:
            target.insert_one(comparison.rolled_back.document)
            replayed += 1
        except DuplicateKeyError:
            continue
    return ReplayResult(
        replayed=replayed,
        same=counts[State.SAME],
        different=counts[State.DIFFERENT],
        unknown=counts[State.UNKNOWN],
        taken=len(absent) - replayed,
    )
