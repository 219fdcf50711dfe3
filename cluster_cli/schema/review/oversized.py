"""An index that is larger than the data that it leads to, or than its share of the cache."""

from __future__ import annotations

from collections.abc import Iterator

from cluster_cli.schema.cost import size
from cluster_cli.schema.review._model import Finding, IndexUse, ReviewFacts, registry_file

NAME = "over-sized"
CACHE_SHARE = 0.25
"""An index that would fill more of a member's cache leaves too little for the data and the other indexes."""


def find(facts: ReviewFacts) -> Iterator[Finding]:
    """Bloat (after many deletes and updates), or keys that are too wide. Small ones are let be."""
    for index in facts.indexes:
        if index.size_bytes < facts.least_bytes:
            continue
        if index.size_bytes > index.table_bytes:
            yield _finding(index, f"its data are {size(index.table_bytes)}", _rebuild(index))
        elif index.cache_share > CACHE_SHARE:
            words = f"{index.cache_share:.0%} of a member's cache, more than {CACHE_SHARE:.0%}"
            yield _finding(index, words, _narrow(index))


def _finding(index: IndexUse, words: str, command: str) -> Finding:
    detail = f"{size(index.size_bytes)}, {words}"
    return Finding(NAME, index.domain, f"{index.table} {index.name}", detail, command, index.size_bytes)


def _rebuild(index: IndexUse) -> str:
    if index.domain == "payments":
        return f"REINDEX INDEX CONCURRENTLY {index.name}"
    database, _, name = index.table.partition(".")
    return f"on each member, secondaries first: use {database}; db.runCommand({{compact: '{name}'}})"


def _narrow(index: IndexUse) -> str:
    if index.needed:  # by a constraint, the shard key or the expiry: it stays as it is
        return "give the segment a further shard in the topology, or its hosts more memory"
    drop = f"swapctl schema apply --allow-drop {index.table}.{index.name}"
    return f"in {registry_file(index.table)} put one with fewer keys or a filter in its place, then: {drop}"
