"""The server could keep statistics of statements, which `schema review` reads, and does not."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cluster_cli.schema.differences import Difference
from cluster_cli.schema.payments_facts import PaymentsFacts
from cluster_cli.schema.statistics import MAKE

NAME = "missing-statistics"
DOMAIN = "payments"
ORDER = 60


def find(facts: PaymentsFacts) -> Iterator[Difference]:
    """An extension that is loaded and not made in the payments database."""
    if facts.lacks_statistics:
        yield Difference(
            NAME,
            "payments",
            "extension pg_stat_statements",
            "it is loaded, but not made",
            "apply",
            "CREATE EXTENSION in the schema stats",
            commands=((facts.database, sql.SQL(MAKE)),),
        )
