"""Monthly partitions: which ones there must be, and which ones retention has ended. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from psycopg import sql

from app_core.schema.model import Retention, Table
from app_core.schema.tabular import Partitioning

_WITHIN = "within_its_month"
"""The constraint that a full month has while it is made ready to be attached."""


@dataclass(frozen=True)
class Month:
    """A calendar month (UTC)."""

    year: int
    number: int

    def plus(self, months: int) -> Month:
        """The month so many later."""
        count = self.year * 12 + self.number - 1 + months
        return Month(count // 12, count % 12 + 1)

    def first_day(self) -> date:
        """Its first day."""
        return date(self.year, self.number, 1)


def month_of(day: date) -> Month:
    """The month that a day lies in."""
    return Month(day.year, day.month)


def partition_name(table: str, month: Month) -> str:
    """`<table>_YYYY_MM`."""
    return f"{table}_{month.year:04d}_{month.number:02d}"


def wanted_months(partitioning: Partitioning, today: date) -> list[Month]:
    """The current month and those ahead."""
    return [month_of(today).plus(n) for n in range(partitioning.ahead + 1)]


def missing_months(table: Table, present: Iterable[str], today: date) -> list[Month]:
    """The months whose partition is not among those present; only an attached one takes rows."""
    if table.partitioning is None:
        return []
    names = set(present)
    return [m for m in wanted_months(table.partitioning, today) if partition_name(table.name, m) not in names]


def months_left(table: Table, present: Iterable[str], today: date) -> int:
    """How many months after the current one have their partition, without a gap."""
    missing = missing_months(table, present, today)
    ahead = table.partitioning.ahead if table.partitioning else 0
    if not missing:
        return ahead
    first = missing[0]
    return max(0, (first.year - today.year) * 12 + first.number - today.month - 1)


def ended(table: Table, present: Iterable[str], today: date) -> list[str]:
    """Partitions of which every row has reached the end of its retention; none when all are kept."""
    ends = table.retention
    if table.partitioning is None or not isinstance(ends, Retention):
        return []
    first_kept = partition_name(table.name, month_of(today - timedelta(days=math.ceil(ends.days))))
    return sorted(name for name in present if name < first_kept)


def create_statement(table: Table, month: Month) -> sql.Composed:
    """A new partition, made beside the table and attached: readers and writers of the table go on.

    A table with foreign keys hands them on to the partition: for that moment (and before it, until those
    that write them have ended) nobody can write the tables that it refers to. `patience.briefly` bounds it.
    """
    name = sql.Identifier(partition_name(table.name, month))
    make = sql.SQL(
        "CREATE TABLE {} (LIKE {} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE); "
    ).format(name, sql.Identifier(table.name))
    return make + _attach(table, month)


def attach_statements(table: Table, month: Month) -> list[sql.Composed]:
    """Attach a month's table that is there and may be full; each statement can run again after a kill.

    Its rows are read, to see that they lie in the month, while it is alone: ATTACH PARTITION believes a
    constraint that is validated, and so holds its locks (`create_statement`) for a moment only.
    """
    assert table.partitioning is not None
    partition = partition_name(table.name, month)
    place = sql.SQL("ALTER TABLE {} ").format(sql.Identifier(partition))
    name = sql.Identifier(_WITHIN)
    # what DETACH PARTITION … CONCURRENTLY leaves, by the name that PostgreSQL gives it
    left = sql.Identifier(f"{partition}_{table.partitioning.column}_check")
    column = sql.Identifier(table.partitioning.column)
    low, high = bounds(month)
    return [
        place
        + sql.SQL(
            "DROP CONSTRAINT IF EXISTS {name}, ADD CONSTRAINT {name}"
            " CHECK ({column} IS NOT NULL AND {column} >= {low} AND {column} < {high}) NOT VALID"
        ).format(name=name, column=column, low=low, high=high),
        place + sql.SQL("VALIDATE CONSTRAINT {}").format(name),
        # together: an attached month with a constraint of its own would differ from its table
        _attach(table, month)
        + sql.SQL("; ")
        + place
        + sql.SQL("DROP CONSTRAINT {}, DROP CONSTRAINT IF EXISTS {}").format(name, left),
    ]


def _attach(table: Table, month: Month) -> sql.Composed:
    return sql.SQL("ALTER TABLE {} ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})").format(
        sql.Identifier(table.name), sql.Identifier(partition_name(table.name, month)), *bounds(month)
    )


def bounds(month: Month) -> tuple[str, str]:
    """Its first instant and the next month's, as PostgreSQL prints them in UTC."""
    low, high = (f"{m.first_day().isoformat()} 00:00:00+00" for m in (month, month.plus(1)))
    return low, high


def detach_statement(table: str, partition: str, *, finalize: bool = False) -> sql.Composed:
    """Takes a partition out; its data stay in a table of its own. Who waits for it: `detaching`."""
    return sql.SQL("ALTER TABLE {} DETACH PARTITION {} {}").format(
        sql.Identifier(table), sql.Identifier(partition), sql.SQL("FINALIZE" if finalize else "CONCURRENTLY")
    )
