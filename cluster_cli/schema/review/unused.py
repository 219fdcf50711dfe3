"""An index that served no query since the statistics began."""

from __future__ import annotations

from collections.abc import Iterator

from cluster_cli.schema.review._model import Finding, ReviewFacts, drop_command

NAME = "unused"


def find(facts: ReviewFacts) -> Iterator[Finding]:
    """Indexes without a use on any member, when all answered; constraints, shard keys, expiries need none."""
    for index in facts.indexes:
        if facts.silent.get(index.domain):
            continue  # it may be what serves the queries there
        if index.uses or index.needed or facts.now - index.since < facts.least_age:
            continue
        yield Finding(
            NAME,
            index.domain,
            f"{index.table} {index.name}",
            f"no query used it since {index.since:%Y-%m-%d %H:%M}",
            drop_command(index),
            index.size_bytes,
        )
