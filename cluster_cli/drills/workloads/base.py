"""What a workload is, and the loop that every client runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from cluster_cli.drills.ledger import Key, ReadBack
from cluster_cli.drills.records import AckClass, Domain, Op, Outcome


@dataclass(frozen=True)
class Intent:
    """A value that a client is about to write."""

    value: str
    target: str
    path: str
    cls: AckClass
    body: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Attempt:
    """What one attempt to write it came to."""

    outcome: Outcome
    code: str = ""
    via: str = ""
    detail: Mapping[str, str | int] = field(default_factory=dict[str, "str | int"])


class Client(Protocol):
    """One client with its own connection. Used by one thread; `abort` may come from another."""

    @property
    def name(self) -> str:
        """Unique within the run."""
        ...

    @property
    def domain(self) -> Domain:
        """The half of the product that it writes to."""
        ...

    def open(self) -> None:
        """Connect before the load begins."""
        ...

    def intend(self, number: int) -> Intent:
        """The client's n-th value."""
        ...

    def attempt(self, intent: Intent, number: int) -> Attempt:
        """Try to write it; never raises for what the database or the network does."""
        ...

    def abort(self) -> None:
        """Cut the connection under a call that hangs."""
        ...

    def close(self) -> None:
        """Disconnect."""
        ...


class Workload(Protocol):
    """A kind of load on one domain."""

    @property
    def name(self) -> str:
        """As in the entry point."""
        ...

    @property
    def domain(self) -> Domain:
        """The half of the product that it writes to."""
        ...

    def prepare(self) -> None:
        """Write what the load needs before it begins (accounts, members)."""
        ...

    def clients(self) -> Sequence[Client]:
        """The clients, not yet connected."""
        ...

    def read_back(self, ops: Sequence[Op]) -> ReadBack:
        """Everything of this run that is there now, read so that it cannot vanish again."""
        ...


FIRST_VALUES = 4
"""So many values of a client show every kind that it writes, and where they lead."""


def paths_of(workloads: Iterable[Workload]) -> dict[Domain, set[str]]:
    """Domain -> the paths to which the workloads' clients write, from their first values."""
    found: dict[Domain, set[str]] = {}
    for client in (client for workload in workloads for client in workload.clients()):
        paths = (client.intend(number).path for number in range(FIRST_VALUES))
        found.setdefault(client.domain, set()).update(paths)
    return found


def fold_rows(ops: Iterable[Op], rows: Mapping[Key, int]) -> dict[Key, int]:
    """From rows found to values found.

    Usually a value's row bears the value's id. Where a client wrote one value under several ids, each of
    its rows counts as one more time that the value is there.
    """
    values = {(op.target, str(op.detail.get("row", op.value))): (op.target, op.value) for op in ops}
    found: dict[Key, int] = {}
    for row, times in rows.items():
        key = values.get(row, row)
        found[key] = found.get(key, 0) + times
    return found


def merged(parts: Iterable[ReadBack]) -> ReadBack:
    """Several workloads' read-backs as one; complete only when all are."""
    parts = tuple(parts)
    return ReadBack(
        complete=all(part.complete for part in parts),
        found={key: n for part in parts for key, n in part.found.items()},
        reason="; ".join(part.reason for part in parts if part.reason),
        balances={k: v for part in parts for k, v in part.balances.items()},
        entries={k: v for part in parts for k, v in part.entries.items()},
        opening={k: v for part in parts for k, v in part.opening.items()},
        legs={k: v for part in parts for k, v in part.legs.items()},
    )
