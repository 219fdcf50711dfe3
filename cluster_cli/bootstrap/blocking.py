"""`on_loss: block`: commits wait for a standby of the primary region, whoever else streams."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from cluster_cli.engines.postgresql.connect import ADMIN_DATABASE, connect
from infra.context import Context
from infra.topology import Topology

_PRESENT = """
SELECT setting FROM pg_file_settings
 WHERE name = 'synchronous_standby_names' AND sourcefile LIKE '%postgresql.auto.conf'
 ORDER BY seqno DESC LIMIT 1
"""


def names(topology: Topology) -> str | None:
    """The value of synchronous_standby_names that every member gets, or None where Patroni's own will do.

    In strict mode Patroni writes `*` when no standby is left, and `*` matches the DR region's standby, which
    may not be promoted: its acknowledgement would be worth nothing. A list of all members needs no change
    when the roles move: a leader does not stream from itself. (In mode `quorum` Patroni computes with the
    list itself, so there it stays Patroni's.)
    """
    payments = topology.payments
    if payments is None or payments.sync.on_loss != "block" or payments.sync.mode != "first":
        return None
    if payments.sync.count == 0:
        return None
    members = ", ".join(f'"{member.name}"' for member in payments.members)
    return f"FIRST {payments.sync.count} ({members})"


def ensure(connection: psycopg.Connection[Any], wanted: str) -> bool:
    """Fix the list in one member's own file, which stands above Patroni's; whether it changed."""
    row = connection.execute(_PRESENT).fetchone()
    if row is not None and row[0] == wanted:
        return False
    statement = "ALTER SYSTEM SET synchronous_standby_names = {}"
    connection.execute(sql.SQL(statement).format(sql.Literal(wanted)))
    connection.execute("SELECT pg_reload_conf()")
    return True


def ensure_everywhere(ctx: Context, wanted: str) -> bool:
    """The same on all members of the primary region. Raises psycopg.OperationalError for one that is down."""
    assert ctx.topology.payments is not None
    changed = []
    for member in ctx.topology.payments.members:
        with connect(ctx, via=member.name, database=ADMIN_DATABASE, autocommit=True) as connection:
            changed.append(ensure(connection, wanted))
    return any(changed)
