"""An index that is larger than the data that it leads to."""

from __future__ import annotations

from collections.abc import Iterator

from cluster_cli.schema.cost import size
from cluster_cli.schema.review._model import Finding, IndexUse, ReviewFacts

NAME = "over-sized"


def find(facts: ReviewFacts) -> Iterator[Finding]:
    """Bloat (after many deletes and updates), or keys that are too wide. Small ones are let be."""
    for index in facts.indexes:
        if index.size_bytes >= facts.least_bytes and index.size_bytes > index.table_bytes:
            yield Finding(
                NAME,
                index.domain,
                f"{index.table} {index.name}",
                f"{size(index.size_bytes)}, its data are {size(index.table_bytes)}",
                _command(index),
                index.size_bytes,
            )


def _command(index: IndexUse) -> str:
    if index.domain == "payments":
        return f"REINDEX INDEX CONCURRENTLY {index.name}"
    database, _, name = index.table.partition(".")
    return f"on each member, secondaries first: use {database}; db.runCommand({{compact: '{name}'}})"
