"""Reads the uses and sizes of indexes, and slow queries, from the members of the payments domain."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import psycopg

from cluster_cli.engines.postgresql.connect import connect
from cluster_cli.schema.catalogue import Catalogue
from cluster_cli.schema.payments_facts import read_last_applied
from cluster_cli.schema.review._model import IndexUse, SlowQuery
from infra.context import Context

Connection = psycopg.Connection[Any]
TOP = 20
"""How many of the slowest statements are explained."""
SCAN_LEAST_BYTES = 1 << 20
"""Reading a smaller table whole is right."""
STATEMENTS = "stats.pg_stat_statements"

# the indexes of partitions count for the index of their table; a crash empties the counters while the
# postmaster lives on and leaves no instant in pg_stat_database, but in pg_stat_wal and its like
_USES = """
SELECT t.relname, x.relname,
       ARRAY (SELECT pg_get_indexdef(x.oid, k, true) || CASE WHEN k > i.indnkeyatts THEN ' included' ELSE
                     coalesce((SELECT ' ' || o.opcname FROM pg_opclass o
                                WHERE o.oid = i.indclass[k - 1] AND NOT o.opcdefault), '')
                     || CASE WHEN i.indcollation[k - 1] NOT IN (0, 100)  -- none, the database's
                             THEN ' ' || i.indcollation[k - 1]::regcollation ELSE '' END
                     || CASE i.indoption[k - 1] WHEN 0 THEN ' 1' WHEN 3 THEN ' -1'
                                                WHEN 2 THEN ' 1 nulls first' ELSE ' -1 nulls last' END END
                FROM generate_series(1, i.indnatts) k),
       i.indisunique OR EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = x.oid),
       coalesce(pg_get_expr(i.indpred, i.indrelid), ''), a.amname <> 'btree', u.scans,
       greatest(d.stats_reset, w.stats_reset, pg_postmaster_start_time()),
       u.size_bytes, u.table_bytes, x.relkind = 'I'
  FROM (SELECT coalesce(pg_partition_root(indexrelid), indexrelid) AS root, sum(idx_scan) AS scans,
               sum(pg_relation_size(indexrelid)) AS size_bytes, sum(pg_table_size(relid)) AS table_bytes
          FROM pg_stat_user_indexes WHERE schemaname = 'public' GROUP BY 1) u
  JOIN pg_index i ON i.indexrelid = u.root JOIN pg_class x ON x.oid = u.root
  JOIN pg_class t ON t.oid = i.indrelid JOIN pg_am a ON a.oid = x.relam
  JOIN pg_stat_database d ON d.datname = current_database() CROSS JOIN pg_stat_wal w
 WHERE t.relname <> 'schema_migrations' AND i.indisvalid
 ORDER BY 1, 2
"""
_SLOW = """
SELECT query, calls, mean_exec_time FROM stats.pg_stat_statements s
  JOIN pg_database d ON d.oid = s.dbid AND d.datname = current_database()
 WHERE query ~* '^\\s*(select|update|delete)' AND query !~* 'pg_|information_schema'
 ORDER BY total_exec_time DESC LIMIT %s
"""
# a partition is told as the table that it is a part of
_WHERE_IT_IS = """
SELECT pg_relation_size(c.oid), r.relname, r.relkind = 'p'
  FROM pg_class c JOIN pg_class r ON r.oid = coalesce(pg_partition_root(c.oid), c.oid)
 WHERE c.oid = to_regclass(%s)
"""
_COMPARED = re.compile(r"\b([a-z_][a-z0-9_]*)(?:\)?::\w+)?\s*(=|<=|>=|<|>|~~)\s")


def read_uses(ctx: Context, wanted: Catalogue) -> list[IndexUse]:
    """Every index of the database, scans on standbys counted too."""
    parts: list[list[IndexUse]] = []
    silent: list[str] = []
    for endpoint in ctx.of_kind("postgres"):
        try:
            link = connect(ctx, via=endpoint.member, autocommit=True)
            with contextlib.closing(link) as connection:
                rows, changed = connection.execute(_USES).fetchall(), read_last_applied(connection)
        except psycopg.OperationalError:
            silent.append(endpoint.member)
        else:
            parts.append([since_change(_use(row, wanted), changed) for row in rows])
    return [replace(use, unheard=tuple(silent)) for use in together(parts)]


def _use(row: Sequence[Any], wanted: Catalogue) -> IndexUse:
    table, name, keys, needed, condition, special, scans, since, size_bytes, table_bytes, parted = row
    declared = ("index", name) in wanted
    return IndexUse(
        "payments", table, name, tuple(keys), needed, condition, special, declared,
        int(scans), since, int(size_bytes), int(table_bytes), partitioned=parted,
    )  # fmt: skip


def since_change(use: IndexUse, changed: datetime | None) -> IndexUse:
    """PostgreSQL keeps no index's age: none is taken for older than the last migration. Pure."""
    return use if changed is None else replace(use, since=max(use.since, changed))


def together(parts: Sequence[Sequence[IndexUse]]) -> list[IndexUse]:
    """The members' counters as one use an index: added up, since the youngest of them began. Pure."""
    found: dict[tuple[str, str], IndexUse] = {}
    for use in (use for part in parts for use in part):
        before = found.get((use.table, use.name))
        found[use.table, use.name] = (
            use if before is None else replace(
                before, uses=before.uses + use.uses, since=max(before.since, use.since)
            )
        )  # fmt: skip
    return [found[key] for key in sorted(found)]


def read_slow(connection: Connection) -> list[SlowQuery] | None:
    """The statements that took most time, each explained as it is now; None without pg_stat_statements."""
    there = connection.execute("SELECT to_regclass(%s)", (STATEMENTS,)).fetchone()
    if there is None or there[0] is None:
        return None
    found: list[SlowQuery] = []
    for query, calls, mean in connection.execute(_SLOW, (TOP,)).fetchall():
        plan = _plan(connection, str(query))
        found += [_slow(connection, node, str(query), int(calls), float(mean)) for node in scans(plan)]
    return found


def _plan(connection: Connection, query: str) -> Any:
    """A plan for any values; nothing is run, nothing stays. None for a statement that cannot be prepared."""
    arguments = ", ".join(["NULL"] * parameters(query))
    execute = f"EXECUTE review({arguments})" if arguments else "EXECUTE review"
    try:
        with connection.transaction(force_rollback=True):
            connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
            connection.execute(f"PREPARE review AS {query}")  # type: ignore[arg-type] - the server's own words
            row = connection.execute(f"EXPLAIN (FORMAT JSON) {execute}").fetchone()  # type: ignore[arg-type] - same
            return row[0][0]["Plan"] if row else None
    except psycopg.Error:
        return None
    finally:
        with contextlib.suppress(psycopg.Error):
            connection.execute("DEALLOCATE ALL")


def parameters(query: str) -> int:
    """How many parameters a normalised statement has. Pure."""
    return max((int(number) for number in re.findall(r"\$(\d+)", query)), default=0)


def scans(plan: Any) -> Iterator[Mapping[str, Any]]:
    """The nodes of a plan that read a whole table and keep a part of it. Pure."""
    if not isinstance(plan, Mapping):
        return
    if plan.get("Node Type") == "Seq Scan" and "Filter" in plan:
        yield plan
    for part in plan.get("Plans", ()):
        yield from scans(part)


def compared(condition: str) -> tuple[str, ...]:
    """The columns that a plan's filter compares, equalities first. Pure."""
    pairs = _COMPARED.findall(condition)
    equal = [name for name, operator in pairs if operator == "="]
    return tuple(dict.fromkeys([*equal, *(name for name, _ in pairs)]))


def _slow(connection: Connection, node: Mapping[str, Any], query: str, calls: int, mean: float) -> SlowQuery:
    relation = str(node["Relation Name"])
    row = connection.execute(_WHERE_IT_IS, (relation,)).fetchone()
    size, table, partitioned = row or (0, relation, False)
    words = " ".join(query.split())
    return SlowQuery(
        "payments", table, words[:120], compared(node["Filter"]), calls, mean,
        scans=size >= SCAN_LEAST_BYTES, partitioned=partitioned,
    )  # fmt: skip
