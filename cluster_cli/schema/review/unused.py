"""An index that served no query since the statistics began."""

from __future__ import annotations

from collections.abc import Iterator

from cluster_cli.schema.review._model import Finding, ReviewFacts, drop_command

NAME = "unused"


def find(facts: ReviewFacts) -> Iterator[Finding]:
    """Indexes without a use on any member; constraints, shard keys and expiries need none.

    Where a member did not answer nothing is said: it may be the one that uses the index.
    """
    for index in facts.indexes:
        if index.uses or index.needed or index.unheard or facts.now - index.since < facts.least_age:
            continue
        yield Finding(
            NAME,
            index.domain,
            f"{index.table} {index.name}",
            f"no query used it since {index.since:%Y-%m-%d %H:%M}",
            drop_command(index),
            index.size_bytes,
        )
