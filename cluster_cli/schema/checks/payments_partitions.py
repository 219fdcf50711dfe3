"""A month's partition is not there yet, or a detaching was interrupted."""

from __future__ import annotations

from collections.abc import Iterator

from app_core.schema.tabular import Table
from cluster_cli.schema.differences import Difference
from cluster_cli.schema.partitions import (
    Month,
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
    live = [t for t in facts.tables if facts.live.get(("table", t.name), "").startswith("partitioned")]
    for table in live:
        present = [p.name for p in facts.partitions if p.table == table.name]
        left = months_left(table, present, facts.today)
        for number, month in enumerate(missing_months(table, present, facts.today)):
            yield Difference(
                NAME,
                "payments",
                f"partition {partition_name(table.name, month)}",
                _detail(month, left) if number == 0 else "it is not there",
                "apply",
                _cure(table),
                owner=table.name,
                commands=((facts.database, create_statement(table, month)),),
            )
    yield from _pending(facts)


def _detail(month: Month, left: int) -> str:
    if left >= LEAST_AHEAD:
        return "it is not there"
    return f"it is not there; months ahead: {left}, rows from {month.first_day()} on will be refused"


def _cure(table: Table) -> str:
    referred = sorted({key.target for key in table.foreign_keys})
    if not referred:
        return "CREATE TABLE, ATTACH PARTITION (readers and writers go on)"
    return f"CREATE TABLE, ATTACH PARTITION (writers of {', '.join(referred)} wait for it)"


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
