"""A slow query whose plan reads the whole table."""

from __future__ import annotations

from collections.abc import Iterator

from cluster_cli.schema.review._model import Finding, ReviewFacts, SlowQuery, registry_file

NAME = "missing"


def find(facts: ReviewFacts) -> Iterator[Finding]:
    """The slowest queries that scan, each with an index on the fields that it compares."""
    for query in sorted(facts.slow, key=lambda q: -q.calls * q.mean_ms):
        if query.scans and query.fields:
            yield Finding(
                NAME,
                query.domain,
                query.table,
                f"{query.calls} calls of {query.mean_ms:.0f} ms scan it: {query.words}",
                _command(query),
            )


def _command(query: SlowQuery) -> str:
    if query.domain == "social":
        keys = ", ".join(f'("{name}", 1)' for name in query.fields)
        return f"add Index(({keys},), …) to {registry_file(query.table)}, then: swapctl schema apply"
    columns = ", ".join(query.fields)
    name = "_".join((query.table, *query.fields))
    if query.partitioned:
        make = f"CREATE INDEX IF NOT EXISTS {name} ON ONLY {query.table} ({columns})"
        return f"a new migration: {make}, then: swapctl schema apply, which builds it on each partition"
    return f"a new migration: CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {query.table} ({columns})"
