"""An index is half-built: a CREATE INDEX CONCURRENTLY was killed."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cluster_cli.schema.cost import estimate
from cluster_cli.schema.differences import Command, Difference
from cluster_cli.schema.payments_facts import InvalidIndex, PaymentsFacts

NAME = "invalid-index"
DOMAIN = "payments"
ORDER = 10


def find(facts: PaymentsFacts) -> Iterator[Difference]:
    """Such an index slows writes and serves nobody: it is dropped, and built again where it is wanted."""
    for index in facts.invalid:
        if index.building:
            continue  # its builder is at work
        wanted = ("index", index.name) in facts.wanted or index.of_constraint
        commands = _rebuild(facts, index) if wanted else (_drop(facts, index),)
        yield Difference(
            NAME,
            "payments",
            f"{index.table} {index.name}",
            "the index is half-built",
            "apply",
            f"{'REINDEX' if index.of_constraint else 'DROP INDEX'} CONCURRENTLY"
            + (", CREATE INDEX CONCURRENTLY" if wanted and not index.of_constraint else ""),
            work="build",
            size_bytes=index.table_bytes,
            estimate_seconds=estimate("build", index.table_bytes),
            owner=index.table,
            commands=commands,
        )


def _drop(facts: PaymentsFacts, index: InvalidIndex) -> Command:
    return facts.database, sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS {}").format(sql.Identifier(index.name))


def _rebuild(facts: PaymentsFacts, index: InvalidIndex) -> tuple[Command, ...]:
    if index.of_constraint:
        name = sql.Identifier(index.name)
        return ((facts.database, sql.SQL("REINDEX INDEX CONCURRENTLY {}").format(name)),)
    return (_drop(facts, index), (facts.database, concurrently(facts.wanted["index", index.name])))


def concurrently(definition: str) -> sql.SQL:
    """The catalogue's definition of an index as a statement that does not lock out writers."""
    for start in ("CREATE UNIQUE INDEX ", "CREATE INDEX "):
        if definition.startswith(start):
            rest = definition.removeprefix(start)
            return sql.SQL(f"{start}CONCURRENTLY IF NOT EXISTS {rest}")  # pyright: ignore[reportArgumentType]
    raise ValueError(f"no index: {definition}")
