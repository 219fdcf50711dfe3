"""An index whose keys another one of the same table begins with."""

from __future__ import annotations

from collections.abc import Iterator

from cluster_cli.schema.review._model import Finding, IndexUse, ReviewFacts, drop_command

NAME = "duplicate"


def find(facts: ReviewFacts) -> Iterator[Finding]:
    """Plain indexes that another serves as well; of two equal ones the later by name is told."""
    for index in facts.indexes:
        if index.needed or index.special:
            continue
        better = next((other for other in facts.indexes if covers(other, index)), None)
        if better is not None:
            yield Finding(
                NAME,
                index.domain,
                f"{index.table} {index.name}",
                f"{better.name} begins with the same keys",
                drop_command(index),
                index.size_bytes,
            )


def covers(other: IndexUse, index: IndexUse) -> bool:
    """Whether every query that `index` serves is served by `other`."""
    same = (other.domain, other.table, other.condition) == (index.domain, index.table, index.condition)
    if not same or other.special or other.hidden or other.name == index.name:
        return False
    if other.keys == index.keys:
        return other.needed or other.name < index.name
    return other.keys[: len(index.keys)] == index.keys
