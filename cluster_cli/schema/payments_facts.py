"""What a live payments database has: migrations, catalogue, half-built indexes, partitions. Plus sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from app_core.schema.migrations import Migration, waiting
from app_core.schema.model import Table
from cluster_cli.schema import statistics
from cluster_cli.schema.catalogue import Catalogue, plainly, read_catalogue

Connection = psycopg.Connection[Any]

_FEATURES = Path(__file__).with_name("partitions.sql")
_PARTITIONS = r"""
SELECT coalesce(p.relname, regexp_replace(c.relname, '_\d{4}_\d{2}$', '')), c.relname,
       p.oid IS NOT NULL AND NOT coalesce(i.inhdetachpending, false),
       coalesce(i.inhdetachpending, false), pg_total_relation_size(c.oid)
  FROM pg_class c
  LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
  LEFT JOIN pg_class p ON p.oid = i.inhparent
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname ~ '_\d{4}_\d{2}$'
 ORDER BY c.relname
"""
_INVALID = """
SELECT c.relname, t.relname, pg_relation_size(t.oid), pg_get_indexdef(c.oid),
       EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = c.oid)
       OR EXISTS (SELECT 1 FROM pg_inherits h WHERE h.inhrelid = c.oid),
       EXISTS (SELECT 1 FROM pg_stat_progress_create_index s WHERE s.index_relid = c.oid)
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
 WHERE NOT i.indisvalid AND c.relnamespace = 'public'::regnamespace AND c.relkind = 'i'
"""
_INDEXED = """
SELECT x.relname, array_agg(t.relname::text)
  FROM pg_class x JOIN pg_inherits h ON h.inhparent = x.oid
  JOIN pg_index i ON i.indexrelid = h.inhrelid JOIN pg_class t ON t.oid = i.indrelid
 WHERE x.relkind = 'I' AND x.relnamespace = 'public'::regnamespace
 GROUP BY x.relname
"""
_SIZES = """
SELECT c.relname, CASE c.relkind WHEN 'p' THEN
           (SELECT coalesce(sum(pg_total_relation_size(t.relid)), 0)::bigint FROM pg_partition_tree(c.oid) t)
       ELSE pg_total_relation_size(c.oid) END
  FROM pg_class c
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""
_TABLES = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
   AND relname <> 'schema_migrations'
"""


@dataclass(frozen=True)
class Partition:
    """A month's table. pending: a DETACH CONCURRENTLY was interrupted and waits for its FINALIZE."""

    table: str
    name: str
    attached: bool
    pending: bool
    size_bytes: int


@dataclass(frozen=True)
class Feature:
    """What a partitioned table (partition is empty) or one of its attached partitions has."""

    table: str
    partition: str
    kind: str
    name: str
    definition: str


@dataclass(frozen=True)
class InvalidIndex:
    """An index that a killed CREATE or REINDEX CONCURRENTLY left. building: somebody builds it now.

    of_constraint: a constraint or the index of a partitioned table holds it, so that it cannot be dropped.
    """

    name: str
    table: str
    table_bytes: int
    definition: str
    of_constraint: bool
    building: bool


@dataclass(frozen=True)
class PaymentsFacts:
    """What the checks compare. applied: version -> checksum (None: another runner did it).

    indexed: an index of a partitioned table -> the partitions that have their part of it. filled: the tables
    that have rows; nobody looks while no migration waits. lacks_statistics: those of statements.
    """

    migrations: tuple[Migration, ...]
    tables: tuple[Table, ...]
    wanted: Catalogue
    applied: Mapping[str, str | None]
    live: Catalogue
    invalid: tuple[InvalidIndex, ...]
    partitions: tuple[Partition, ...]
    sizes: Mapping[str, int]
    today: date
    database: str
    indexed: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    features: tuple[Feature, ...] = ()
    filled: frozenset[str] = frozenset()
    lacks_statistics: bool = False


def read_payments(
    connection: Connection, migrations: tuple[Migration, ...], tables: tuple[Table, ...], wanted: Catalogue
) -> PaymentsFacts:
    """Everything that the checks compare, from one database. Raises psycopg.Error."""
    now = connection.execute("SELECT current_timestamp AT TIME ZONE 'UTC', current_database()").fetchone()
    assert now is not None
    moment: datetime = now[0]
    applied = read_applied(connection)
    return PaymentsFacts(
        migrations=migrations,
        tables=tables,
        wanted=wanted,
        applied=applied,
        live=read_catalogue(connection),
        invalid=tuple(InvalidIndex(*row) for row in connection.execute(_INVALID).fetchall()),
        partitions=read_partitions(connection),
        sizes={str(name): int(size) for name, size in connection.execute(_SIZES).fetchall()},
        today=moment.date(),
        database=str(now[1]),
        features=read_features(connection),
        indexed={str(x): frozenset(names) for x, names in connection.execute(_INDEXED).fetchall()},
        lacks_statistics=statistics.missing(connection),
        filled=read_filled(connection) if waiting(migrations, applied) else frozenset(),
    )


def read_filled(connection: Connection) -> frozenset[str]:
    """The tables and partitions that have a row."""
    tables = [str(name) for (name,) in connection.execute(_TABLES).fetchall()]
    one = sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM public.{})")
    parts = [one.format(sql.Literal(name), sql.Identifier(name)) for name in tables]
    rows = connection.execute(sql.SQL(" UNION ALL ").join(parts)).fetchall() if parts else []
    return frozenset(str(name) for (name,) in rows)


def read_partitions(connection: Connection) -> tuple[Partition, ...]:
    """The months' tables, also the detached ones."""
    return tuple(Partition(*row) for row in connection.execute(_PARTITIONS).fetchall())


def read_features(connection: Connection) -> tuple[Feature, ...]:
    """What partitioned tables and their attached partitions have."""
    with plainly(connection):
        rows = connection.execute(_FEATURES.read_bytes()).fetchall()
    return tuple(Feature(*row) for row in rows)


def read_applied(connection: Connection) -> dict[str, str | None]:
    """The migrations that the database has: version -> checksum."""
    columns = _history_columns(connection)
    if not columns:
        return {}
    checksum = "checksum" if "checksum" in columns else "NULL"
    query = f"SELECT version, {checksum} FROM public.schema_migrations"
    rows = connection.execute(query).fetchall()  # type: ignore[arg-type] - one of two constants
    return {str(version): found for version, found in rows}


def read_last_applied(connection: Connection) -> datetime | None:
    """When the last migration ran; None where nobody wrote it down."""
    if "applied_at" not in _history_columns(connection):
        return None
    row = connection.execute("SELECT max(applied_at) FROM public.schema_migrations").fetchone()
    return row[0] if row else None


def _history_columns(connection: Connection) -> set[str]:
    rows = connection.execute(
        "SELECT attname FROM pg_attribute"
        " WHERE attrelid = to_regclass('public.schema_migrations') AND attnum > 0"
    ).fetchall()
    return {str(name) for (name,) in rows}
