"""pgbouncer's admin console: PAUSE, RESUME and what it shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import LiteralString

import psycopg
from psycopg.rows import DictRow, dict_row

from cluster_cli.engines.postgresql.connect import DATABASE
from infra.context import Context

ADMIN_USER = "pgbouncer_admin"
_PAUSE: LiteralString = "PAUSE payments"
_RESUME: LiteralString = "RESUME payments"
# What the console answers when there is nothing to resume: the state that RESUME is to reach.
_NOT_PAUSED = "is not paused"


@contextmanager
def console(ctx: Context, proxy: str, timeout: int = 2) -> Iterator[psycopg.Connection[DictRow]]:
    """A login to one pgbouncer's admin console. Raises psycopg.OperationalError."""
    endpoint = ctx.endpoint(proxy)
    connection = psycopg.Connection[DictRow].connect(
        host=endpoint.address,
        port=endpoint.ports["pgbouncer"],
        user=ADMIN_USER,
        password=ctx.credentials.secret("pgbouncer_admin"),
        dbname="pgbouncer",
        sslmode="verify-full",
        sslrootcert=str(ctx.credentials.ca_file),
        connect_timeout=timeout,
        tcp_user_timeout=timeout * 1000,
        autocommit=True,
        prepare_threshold=None,
        row_factory=dict_row,
    )
    try:
        yield connection
    finally:
        connection.close()


def pause(connection: psycopg.Connection[DictRow]) -> None:
    """Hold new transactions back; returns when the running ones have ended (which may take for ever)."""
    connection.execute(_PAUSE)


def resume(connection: psycopg.Connection[DictRow]) -> bool:
    """Let transactions pass again; False when they did already."""
    try:
        connection.execute(_RESUME)
    except psycopg.Error as error:
        if _NOT_PAUSED in str(error):
            return False
        raise
    return True


def is_paused(connection: psycopg.Connection[DictRow]) -> bool:
    """Whether transactions of the payments database are held back (or are about to be)."""
    rows = connection.execute("SHOW DATABASES").fetchall()
    return any(row["name"] == DATABASE and int(row["paused"]) != 0 for row in rows)
