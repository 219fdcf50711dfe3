"""Indexes of partitioned tables: built online on each partition, then joined to one of the table. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection

from psycopg import sql

LONGEST = 63
"""Bytes of a name; PostgreSQL cuts a longer one."""
_DEFINITION = re.compile(
    r"CREATE (?P<unique>UNIQUE )?INDEX (?P<name>\S+) ON ONLY public\.(?P<table>\S+) (?P<rest>.*)", re.DOTALL
)


def of_partitioned_table(definition: str) -> bool:
    """Whether the catalogue's definition is of an index of a partitioned table."""
    return _DEFINITION.match(definition) is not None


def build_statements(
    definition: str, partitions: Collection[str], having: Collection[str]
) -> list[sql.Composed]:
    """Build an index of a partitioned table. `having`: the partitions whose part of it is attached already.

    CREATE INDEX CONCURRENTLY refuses partitioned tables, and without it nobody could write meanwhile. Each
    statement can run again: the index of the table becomes valid when its last part is attached.
    """
    found = _DEFINITION.match(definition)
    if found is None:
        raise ValueError(f"no index of a partitioned table: {definition}")
    lacking = sorted(set(partitions) - set(having))
    return [
        *(_create(found, partition, online=True) for partition in lacking),
        _create(found, None, online=False),
        *(_attach(found, partition) for partition in lacking),
    ]


def part_name(index: str, table: str, partition: str) -> str:
    """The name of a partition's part of an index: `<index>_YYYY_MM`."""
    suffix = partition.removeprefix(table)
    return index[: LONGEST - len(suffix)] + suffix


def _create(found: re.Match[str], partition: str | None, *, online: bool) -> sql.Composed:
    index, table = _plain(found["name"]), _plain(found["table"])
    return sql.SQL("CREATE {unique}INDEX {how}IF NOT EXISTS {name} ON {only}public.{table} {rest}").format(
        unique=sql.SQL("UNIQUE " if found["unique"] else ""),
        how=sql.SQL("CONCURRENTLY " if online else ""),
        name=sql.Identifier(part_name(index, table, partition) if partition else index),
        only=sql.SQL("" if partition else "ONLY "),
        table=sql.Identifier(partition or table),
        rest=sql.SQL(found["rest"]),  # pyright: ignore[reportArgumentType] - the server's own words
    )


def _attach(found: re.Match[str], partition: str) -> sql.Composed:
    index, table = _plain(found["name"]), _plain(found["table"])
    return sql.SQL("ALTER INDEX public.{} ATTACH PARTITION public.{}").format(
        sql.Identifier(index), sql.Identifier(part_name(index, table, partition))
    )


def _plain(name: str) -> str:
    return name.strip('"').replace('""', '"')
