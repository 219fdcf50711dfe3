"""The leader's key of a planned switchover: released as soon as the old leader can take no write any more."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psycopg

from cluster_cli.engines.postgresql import etcd
from cluster_cli.engines.postgresql.connect import ADMIN_DATABASE, connect
from cluster_cli.engines.postgresql.leader import etcd_group, key
from cluster_cli.engines.sockets import refuses
from infra.context import Context

_POLL_S = 0.01
_RECEIVED = """
SELECT pg_wal_lsn_diff(pg_last_wal_receive_lsn(), '0/0'),
       EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming')
"""
_SHUTS_DOWN = "the database system is shutting down"
"""The server's words for SQLSTATE 57P03, which a refused login does not carry. In another language Patroni's
own release is waited for."""


def release_early(
    ctx: Context,
    old: str,
    new: str,
    leader_key: etcd.Key,
    position: int,
    refused: Callable[[], bool],
    until: float,
) -> None:
    """Delete the leader's key once the old leader takes no writes any more and the new one has all its WAL.

    Patroni does so itself, a second or more later: it looks once a second, and then pauses for a second. Like
    Patroni, this does not wait for the old leader's archiver. Only if the key is still the old leader's, and
    only while no client writes for certain: otherwise Patroni's own release is waited for.

    position: WAL bytes; refused: whether Patroni refused the switchover; until: monotonic seconds. Raises
    psycopg.OperationalError or SwapskillError when the standby or etcd does not answer.
    """
    with connect(ctx, via=new, database=ADMIN_DATABASE, autocommit=True) as standby:
        while not (_has_everything(standby, position) and _has_shut_down(ctx, old)):
            if refused() or time.monotonic() > until:
                return
            time.sleep(_POLL_S)
    current = etcd.get(ctx, etcd_group(ctx), key(ctx, "leader"))
    if current.value == old and current.lease == leader_key.lease and time.monotonic() < until:
        etcd.delete_if_unchanged(ctx, etcd_group(ctx), key(ctx, "leader"), current.revision)


def _has_everything(standby: psycopg.Connection[Any], position: int) -> bool:
    """Whether the stream has ended, at the position or behind it.

    A server that shuts down ends it when the standby has its very last record, the shutdown's checkpoint.
    """
    row = standby.execute(_RECEIVED).fetchone()
    return row is not None and not row[1] and row[0] is not None and int(row[0]) >= position


def _has_shut_down(ctx: Context, member: str) -> bool:
    """Whether a member's PostgreSQL takes no session any more: nobody listens, or it says that it shuts down.

    One that starts, or that recovers from a crash, turns clients away as well, and is none.
    """
    endpoint = ctx.endpoint(member)
    if refuses(endpoint.address, endpoint.ports["postgres"], 0.2):
        return True
    try:
        connect(ctx, via=member, database=ADMIN_DATABASE, timeout=2).close()
    except psycopg.OperationalError as error:
        return _SHUTS_DOWN in str(error)
    return False
