"""What retention ends now: collections and tables to prune, partitions to detach. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from app_core.schema.fields import walk
from app_core.schema.model import Collection, Table
from app_core.schema.retention import Kept, Retention
from cluster_cli.schema.partitions import ended
from cluster_cli.schema.payments_facts import Partition


@dataclass(frozen=True)
class Holder:
    """A collection whose documents keep the one that their `field` refers to, by its `target_field`."""

    collection: str
    field: str
    target_field: str


@dataclass(frozen=True)
class Ending:
    """Data of one collection or table that end: those whose `field` lies before `before`, if `only` holds.

    together: the tables whose rows go with the row that they refer to; held_by: the collections whose
    documents keep it.
    """

    domain: Literal["social", "payments"]
    name: str
    field: str
    before: datetime
    only: tuple[str, tuple[str, ...]] | None
    reason: str
    together: tuple[str, ...] = ()
    held_by: tuple[Holder, ...] = ()

    @property
    def collection(self) -> str:
        """The collection's or table's own name."""
        return self.name.rpartition(".")[2]


def endings(collections: Iterable[Collection], tables: Iterable[Table], now: datetime) -> list[Ending]:
    """What `schema prune` deletes in batches; tables that refer to others come before these."""
    ordered, documents = referring_first(tables), list(collections)
    social = [
        _ending("social", c.namespace, c.retention, now, held_by=_held_by(c, documents)) for c in documents
    ]
    rows = [
        _ending("payments", f"{t.database}.{t.name}", t.retention, now, _together(t, ordered))
        for t in ordered
    ]
    return [ending for ending in (*social, *rows) if ending is not None]


def _together(table: Table, others: Iterable[Table]) -> tuple[str, ...]:
    return tuple(
        o.name for o in others if any(k.goes_with and k.target == table.name for k in o.foreign_keys)
    )


def _held_by(collection: Collection, others: Iterable[Collection]) -> tuple[Holder, ...]:
    return tuple(
        Holder(other.name, path, reference.field)
        for other in others
        for path, field in walk(other.fields)
        for reference in field.references
        if reference.holds and reference.target == collection.name
    )


def _ending(
    domain: Literal["social", "payments"],
    name: str,
    retention: Retention | Kept | None,
    now: datetime,
    together: tuple[str, ...] = (),
    held_by: tuple[Holder, ...] = (),
) -> Ending | None:
    if not isinstance(retention, Retention) or retention.how != "prune":
        return None
    before = now - timedelta(days=retention.days)
    only, reason = retention.only, retention.reason
    return Ending(domain, name, retention.field, before, only, reason, together, held_by)


def referring_first(tables: Iterable[Table]) -> list[Table]:
    """Tables in an order in which no row is deleted that another still refers to."""
    left = sorted(tables, key=lambda t: t.name)
    ordered: list[Table] = []
    while left:
        free = [t for t in left if not _referred(t, left)] or left[:1]  # a cycle has no better order
        ordered += free
        left = [t for t in left if t not in free]
    return ordered


def _referred(table: Table, others: Iterable[Table]) -> bool:
    return any(key.target == table.name for o in others if o is not table for key in o.foreign_keys)


def detachable(tables: Iterable[Table], partitions: Iterable[Partition], now: datetime) -> list[Partition]:
    """The partitions of months that are no longer kept: attached, or half detached by a run that ended."""
    attached = [p for p in partitions if p.attached or p.pending]
    names = {
        name
        for table in tables
        for name in ended(table, [p.name for p in attached if p.table == table.name], now.date())
    }
    return [p for p in attached if p.name in names]
