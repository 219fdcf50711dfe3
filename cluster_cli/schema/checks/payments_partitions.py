"""A month's partition is not there yet, or a detaching was interrupted."""

from __future__ import annotations

from collections.abc import Iterator

from cluster_cli.schema.differences import Difference
from cluster_cli.schema.partitions import create_statement, detach_statement, missing_months, partition_name
from cluster_cli.schema.payments_facts import PaymentsFacts

NAME = "missing-partition"
DOMAIN = "payments"
ORDER = 40


def find(facts: PaymentsFacts) -> Iterator[Difference]:
    """Months ahead of tables that exist. A row without a partition would be refused."""
    live = [t for t in facts.tables if facts.live.get(("table", t.name), "").startswith("partitioned")]
    for table in live:
        present = [p.name for p in facts.partitions if p.table == table.name]
        for month in missing_months(table, present, facts.today):
            yield Difference(
                NAME,
                "payments",
                f"partition {partition_name(table.name, month)}",
                "it is not there",
                "apply",
                "CREATE TABLE, ATTACH PARTITION (writers are not locked out)",
                owner=table.name,
                commands=((facts.database, create_statement(table, month)),),
            )
    yield from _pending(facts)


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
