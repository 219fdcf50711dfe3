"""The statements by which `schema prune` ends rows of the payments database, and what holds rows back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from cluster_cli.schema.retention_plan import Ending

# a month that was detached keeps its own foreign keys until somebody drops it: it is in no registry
_REFERRERS = """
SELECT source.relname, target.relname,
       ARRAY (SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS n (number, place)
                JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = n.number ORDER BY n.place),
       ARRAY (SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS n (number, place)
                JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = n.number ORDER BY n.place)
  FROM pg_constraint k
  JOIN pg_class source ON source.oid = k.conrelid JOIN pg_class target ON target.oid = k.confrelid
 WHERE k.contype = 'f' AND k.conparentid = 0 AND target.relnamespace = 'public'::regnamespace
 ORDER BY 1, 3
"""


@dataclass(frozen=True)
class Referrer:
    """A table whose rows refer to a target's by a real foreign key: columns here, columns there."""

    table: str
    target: str
    columns: tuple[str, ...]
    target_columns: tuple[str, ...]


def read_referrers(connection: psycopg.Connection[Any]) -> list[Referrer]:
    """Every foreign key of the live database, those of detached months among them. Raises psycopg.Error."""
    rows = connection.execute(_REFERRERS).fetchall()
    return [Referrer(str(s), str(t), tuple(here), tuple(there)) for s, t, here, there in rows]


def count_statement(ending: Ending, referrers: Iterable[Referrer]) -> sql.Composed:
    """How many rows could be deleted now."""
    return sql.SQL("SELECT count(*) FROM {} t WHERE {}").format(
        sql.Identifier(ending.collection), _where(ending, referrers)
    )


def delete_statement(ending: Ending, referrers: Iterable[Referrer], batch: int) -> sql.Composed:
    """Delete the oldest rows that nothing refers to, with those that go with them; at most `batch`.

    A row that somebody works on is left for the next batch instead of waited for.
    """
    found = list(referrers)
    together = [r for r in found if r.target == ending.collection and r.table in ending.together]
    return sql.SQL(
        "WITH over AS MATERIALIZED (SELECT t.ctid AS place, t.* FROM {table} t WHERE {where}"
        " ORDER BY t.{field} LIMIT {batch} FOR UPDATE SKIP LOCKED){together}"
        " DELETE FROM {table} t USING over WHERE t.ctid = over.place"
    ).format(
        table=sql.Identifier(ending.collection),
        where=_where(ending, found),
        field=sql.Identifier(ending.field),
        batch=sql.Literal(batch),
        together=sql.SQL("").join(_with_it(number, one) for number, one in enumerate(together)),
    )


def unfinished_statement(partition: str, column: str) -> sql.Composed:
    """How many rows of a month lack the instant at which they were done with."""
    return sql.SQL("SELECT count(*) FROM {} WHERE {} IS NULL").format(
        sql.Identifier(partition), sql.Identifier(column)
    )


def _with_it(number: int, referrer: Referrer) -> sql.Composed:
    # the foreign key is looked at when the whole statement has ended
    return sql.SQL(", {} AS (DELETE FROM {} r USING over WHERE {})").format(
        sql.Identifier(f"with_{number}"), sql.Identifier(referrer.table), _equal(referrer, "over")
    )


def _where(ending: Ending, referrers: Iterable[Referrer]) -> sql.Composed:
    conditions = [sql.SQL("t.{} < {}").format(sql.Identifier(ending.field), sql.Literal(ending.before))]
    if ending.only is not None:
        column, values = ending.only
        conditions.append(
            sql.SQL("t.{} = ANY ({})").format(sql.Identifier(column), sql.Literal(list(values)))
        )
    conditions += [
        sql.SQL("NOT EXISTS (SELECT FROM {} r WHERE {})").format(sql.Identifier(r.table), _equal(r, "t"))
        for r in referrers
        if r.target == ending.collection and r.table not in ending.together
    ]
    return sql.SQL(" AND ").join(conditions)


def _equal(referrer: Referrer, target: str) -> sql.Composed:
    pairs = zip(referrer.columns, referrer.target_columns, strict=True)
    return sql.SQL(" AND ").join(
        sql.SQL("r.{} = {}.{}").format(sql.Identifier(here), sql.Identifier(target), sql.Identifier(there))
        for here, there in pairs
    )
