"""How far the WAL archive is behind: what it misses is lost with the region."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg

from cluster_cli.engines.model import ArchiveBacklog
from cluster_cli.engines.postgresql import patroni
from cluster_cli.engines.postgresql.connect import ADMIN_DATABASE, connect
from infra.context import Context

_WAITING = """
SELECT count(*), min(modification), (SELECT last_archived_wal FROM pg_stat_archiver)
  FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'
"""


def backlog(waiting: int, oldest: datetime | None, last: str | None, now: datetime) -> ArchiveBacklog:
    """The backlog that follows from the leader's own words; pure."""
    age = None if oldest is None else max(0.0, round((now - oldest).total_seconds(), 1))
    return ArchiveBacklog(waiting, age, last)


def read_backlog(ctx: Context) -> ArchiveBacklog | None:
    """The backlog of the primary region's leader; None without a store, or without a leader to ask."""
    if ctx.topology.payments is None or not ctx.of_kind("objectstore"):
        return None
    leader = patroni.leader_of(patroni.read_views(ctx, ctx.topology.payments.name))
    if leader is None:
        return None
    try:
        with connect(ctx, via=leader, database=ADMIN_DATABASE, autocommit=True, timeout=2) as connection:
            row = connection.execute(_WAITING).fetchone()
    except psycopg.Error:
        return None
    assert row is not None
    waiting, oldest, last = row
    return backlog(waiting, oldest, last, datetime.now(UTC))
