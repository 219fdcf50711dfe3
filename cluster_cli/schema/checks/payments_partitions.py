"""A month's partition is not there yet or not attached, or a detaching was interrupted."""

from __future__ import annotations

from collections.abc import Iterator

from app_core.schema.tabular import Table
from cluster_cli.schema.cost import estimate
from cluster_cli.schema.differences import Difference
from cluster_cli.schema.partitions import (
    Month,
    attach_statements,
    create_statement,
    detach_statement,
    missing_months,
    months_left,
    partition_name,
)
from cluster_cli.schema.payments_facts import PaymentsFacts

LEAST_AHEAD = 2
"""With fewer months ahead than this a monthly `schema apply` that is missed once is one too few."""
NAME = "missing-partition"
DOMAIN = "payments"
ORDER = 40


def find(facts: PaymentsFacts) -> Iterator[Difference]:
    """Months ahead of tables that exist. A row without a partition is refused: the first one says when."""
    yield from _pending(facts)
    live = [t for t in facts.tables if facts.live.get(("table", t.name), "").startswith("partitioned")]
    for table in live:
        attached = [p.name for p in facts.partitions if p.table == table.name and p.attached]
        left = months_left(table, attached, facts.today)
        for number, month in enumerate(missing_months(table, attached, facts.today)):
            yield _missing(facts, table, month, left if number == 0 else LEAST_AHEAD)


def _missing(facts: PaymentsFacts, table: Table, month: Month, left: int) -> Difference:
    name = partition_name(table.name, month)
    for partition in facts.partitions:
        if partition.name == name:
            return _unattached(facts, table, month, partition.size_bytes, _refusals(month, left))
    return Difference(
        NAME,
        "payments",
        f"partition {name}",
        "it is not there" + _refusals(month, left),
        "apply",
        f"CREATE TABLE, ATTACH PARTITION ({_who_waits(table)})",
        owner=table.name,
        commands=((facts.database, create_statement(table, month)),),
    )


def _unattached(facts: PaymentsFacts, table: Table, month: Month, size: int, refusals: str) -> Difference:
    return Difference(
        "unattached-partition",
        "payments",
        f"partition {partition_name(table.name, month)}",
        f"its table is there, but not attached{refusals}",
        "apply",
        f"VALIDATE CONSTRAINT, which reads it, then ATTACH PARTITION ({_who_waits(table)})",
        work="scan",
        size_bytes=size,
        estimate_seconds=estimate("scan", size),
        owner=table.name,
        commands=tuple((facts.database, statement) for statement in attach_statements(table, month)),
    )


def _refusals(month: Month, left: int) -> str:
    if left >= LEAST_AHEAD:
        return ""
    return f"; months ahead: {left}, rows from {month.first_day()} on will be refused"


def _who_waits(table: Table) -> str:
    referred = sorted({key.target for key in table.foreign_keys})
    return f"writers of {', '.join(referred)} wait for it" if referred else "readers and writers go on"


def _pending(facts: PaymentsFacts) -> Iterator[Difference]:
    for partition in facts.partitions:
        if partition.pending:
            yield Difference(
                "interrupted-detach",
                "payments",
                f"partition {partition.name}",
                "its detaching was interrupted",
                "apply",
                "DETACH PARTITION … FINALIZE",
                owner=partition.table,
                commands=(
                    (facts.database, detach_statement(partition.table, partition.name, finalize=True)),
                ),
            )
