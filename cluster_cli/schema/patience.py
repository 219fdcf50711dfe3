"""How long a statement waits for locks.

What works online (CONCURRENTLY) waits for every transaction that is older than it, and PostgreSQL counts that
as waiting for a lock. Nobody queues up behind it: it may wait as long as a report or a dump takes.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from psycopg import sql

Connection = psycopg.Connection[Any]
Statement = Any
"""Text, bytes, or what psycopg composes."""

LOCK_TIMEOUT_S = 5
"""A statement waits so long for a table's lock, so that it cannot queue up the application behind it."""
BRIEF_MS, TRIES, PAUSE_S = 500, 10, 0.5
"""What locks busy tables gives up soon, lets those pass that queue behind it, and comes again."""
_SETTLED = f"{LOCK_TIMEOUT_S}s"
# RESET ALL leaves roles alone; a server that builds an index looks once a second whether its client lives
_SETTLE = sql.SQL(
    "RESET ROLE; RESET SESSION AUTHORIZATION; RESET ALL;"
    " SET client_connection_check_interval = '1s'; SET lock_timeout = {}"
)
_ONLINE = re.compile(
    r"(CREATE( UNIQUE)? INDEX|DROP INDEX|REINDEX( \([^)]*\))? \w+) CONCURRENTLY\b", re.IGNORECASE
)
_COMMENTS = re.compile(r"--[^\n]*\n?|/\*.*?\*/", re.DOTALL)


def bare(statement: Statement) -> str:
    """A statement on one line without its comments. Pure."""
    text = statement.decode() if isinstance(statement, bytes) else statement
    text = text if isinstance(text, str) else text.as_string(None)
    return " ".join(_COMMENTS.sub("", text).split())


def online(statement: Statement) -> bool:
    """Whether it waits for older transactions, and holds up nobody who reads or writes. Pure."""
    return _ONLINE.match(bare(statement)) is not None


def settle(connection: Connection) -> None:
    """Give the session a runner's settings, whatever a migration left of its own."""
    connection.execute(_SETTLE.format(_SETTLED))


def execute(connection: Connection, statement: Statement) -> None:
    """Run a statement; what works online waits without an end, unless its file set a limit of its own."""
    with limited(connection, 0, only=_SETTLED) if online(statement) else contextlib.nullcontext():
        connection.execute(statement)


@contextlib.contextmanager
def limited(connection: Connection, milliseconds: int, *, only: str | None = None) -> Iterator[None]:
    """Another limit on waiting for locks (0: none); the one that was is in force again afterwards.

    only: leave any limit but this one as it is.
    """
    row = connection.execute("SELECT current_setting('lock_timeout')").fetchone()
    assert row is not None
    if only not in (None, row[0]):
        yield
        return
    change = sql.SQL("SET lock_timeout = {}")
    connection.execute(change.format(milliseconds))
    try:
        yield
    finally:
        if not connection.broken:
            connection.execute(change.format(row[0]))


def briefly(connection: Connection, statement: Statement) -> None:
    """Run a statement that locks busy tables, at most BRIEF_MS in their queue at a time.

    Raises psycopg.errors.LockNotAvailable when it does not get the locks in TRIES tries.
    """

    def once() -> None:
        with connection.transaction():
            connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(BRIEF_MS))
            connection.execute(statement)

    insist(once)


def insist(act: Callable[[], None]) -> None:
    """Act again, after a pause, while it does not get its locks: at most TRIES times in all.

    Raises psycopg.errors.LockNotAvailable, the last one.
    """
    for left in reversed(range(TRIES)):
        try:
            act()
            return
        except psycopg.errors.LockNotAvailable:
            if not left:
                raise
        time.sleep(PAUSE_S)
