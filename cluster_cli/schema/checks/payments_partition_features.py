"""A partition is not what its table demands, or is no month of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from app_core.schema.migrations import waiting
from cluster_cli.schema.differences import Difference
from cluster_cli.schema.partitioned_indexes import part_name
from cluster_cli.schema.partitions import Month, bounds
from cluster_cli.schema.payments_facts import Feature, PaymentsFacts

NAME = "partition-differs"
DOMAIN = "payments"
ORDER = 50
_MONTH = re.compile(r"_(\d{4})_(0[1-9]|1[0-2])")
_CURES = {
    "index": "DROP INDEX CONCURRENTLY {name}, or a new migration that makes it on {table}",
    "bounds": "ALTER TABLE {table} DETACH PARTITION {part}; swapctl schema apply makes the months",
    "grant": "REVOKE ALL ON {part} FROM {name}: rows are reached through {table}",
    "trigger": "ALTER TABLE {part} ENABLE TRIGGER {name}, or DROP TRIGGER where {table} has none",
    "constraint": "ALTER TABLE {part} ENABLE TRIGGER ALL, VALIDATE CONSTRAINT, or DROP CONSTRAINT",
}
_OTHER = "ALTER TABLE {part}, so that it is like {table}"
Features = Mapping[tuple[str, str], str]
"""(kind, name) -> definition."""


def find(facts: PaymentsFacts) -> Iterator[Difference]:
    """Rows of a month obey what the month's own table has: it must be what the whole one has.

    While migrations wait, the two may part.
    """
    if waiting(facts.migrations, facts.applied):
        return
    wanted = {table.name: _of(facts.features, table.name, "") for table in facts.tables if table.partitioning}
    for table, part in sorted({(f.table, f.partition) for f in facts.features if f.partition}):
        if table in wanted:
            live, unjoined = _of(facts.features, table, part), _unjoined(facts, table, part)
            ours = {key: text for key, text in live.items() if key not in unjoined}
            yield from _compare(table, part, ours, wanted[table])


def _unjoined(facts: PaymentsFacts, table: str, part: str) -> set[tuple[str, str]]:
    """Parts of indexes that `schema apply` has built and not yet attached: the next one goes on with them."""
    indexes = [name for kind, name in facts.wanted if kind == "index"]
    lacking = (name for name in indexes if part not in facts.indexed.get(name, frozenset()))
    return {("index", part_name(name, table, part)) for name in lacking}


def _of(features: tuple[Feature, ...], table: str, part: str) -> Features:
    return {(f.kind, f.name): f.definition for f in features if (f.table, f.partition) == (table, part)}


def _compare(table: str, part: str, live: Features, whole: Features) -> Iterator[Difference]:
    wanted = {**whole, ("bounds", ""): wanted_bounds(table, part)}
    for kind, name in sorted({*live, *wanted}):
        here, there = live.get((kind, name)), wanted.get((kind, name))
        if here != there:
            words = " ".join(word for word in (kind, name) if word)
            yield Difference(
                NAME,
                "payments",
                f"partition {part}",
                f"{words}: it has {here or 'none'}; {table} demands {there or 'none'}",
                "person",
                _CURES.get(kind, _OTHER).format(table=table, part=part, name=name),
                owner=table,
            )


def wanted_bounds(table: str, part: str) -> str:
    """The bounds of the month that the partition is named after; what is named otherwise is none of ours."""
    found = _MONTH.fullmatch(part.removeprefix(table))
    if found is None or not part.startswith(table):
        return f"only months ({table}_YYYY_MM)"
    low, high = bounds(Month(int(found[1]), int(found[2])))
    return f"FOR VALUES FROM ('{low}') TO ('{high}')"
