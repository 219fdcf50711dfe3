"""Runs the SQL migrations that a database does not have yet, in order, each once."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import psycopg

from app_core.errors import RefusedError, SwapskillError, TimedOutError
from app_core.schema.migrations import Migration, waiting
from cluster_cli.engines.postgresql.connect import lost
from cluster_cli.schema import patience
from cluster_cli.waiting import wait_until

Connection = psycopg.Connection[Any]

TURN_TIMEOUT_S, TURN_PAUSE_S = 60, 0.2
"""How long a runner waits for another one to finish, and how often it asks."""
_LOCK_KEY = 7_237_155  # any number, the same for every runner
# dbmate's own table with what it does not keep; its rows have a version only
_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations (version text PRIMARY KEY);
ALTER TABLE schema_migrations ADD COLUMN IF NOT EXISTS name text, ADD COLUMN IF NOT EXISTS checksum text,
    ADD COLUMN IF NOT EXISTS applied_at timestamptz DEFAULT now()
"""
# of statements in one line, their blanks single: the beginning decides, never a word in a text
_REPEATABLE = re.compile(
    r"(CREATE OR REPLACE|GRANT|REVOKE|ANALYZE|VACUUM|REINDEX|SET|COMMENT)\b"
    r"|CREATE( UNIQUE| MATERIALIZED)? \w+( CONCURRENTLY)? IF NOT EXISTS\b"
    r"|DROP( MATERIALIZED)? \w+( CONCURRENTLY)? IF EXISTS\b"
    r"|ALTER TYPE \S+ ADD VALUE IF NOT EXISTS\b",
    re.IGNORECASE,
)
_ALTER = re.compile(r"ALTER TABLE (IF EXISTS )?(ONLY )?\S+ (?P<actions>.*)", re.IGNORECASE)
_REPEATABLE_ACTION = re.compile(
    r"ADD COLUMN IF NOT EXISTS\b|DROP (COLUMN|CONSTRAINT) IF EXISTS\b|VALIDATE CONSTRAINT\b", re.IGNORECASE
)
_ACTION = re.compile(r"""('[^']*'|"[^"]*"|\((?:[^()]|\([^()]*\))*\)|[^,'"()])+""")
"""What stands between the commas that are in no text, name or parentheses."""


def pending(migrations: Iterable[Migration], applied: Mapping[str, str | None]) -> tuple[Migration, ...]:
    """The migrations to run. Pure.

    Raises RefusedError when history was edited (a changed file, a version that no file has), and for a
    migration outside a transaction that could not be run again after a kill.
    """
    known = tuple(migrations)
    found = waiting(known, applied)
    refused = [*contradictions(known, applied), *(r for r in map(refusal, found) if r is not None)]
    if refused:
        raise refused[0]
    return found


def contradictions(
    migrations: Iterable[Migration], applied: Mapping[str, str | None]
) -> Iterator[RefusedError]:
    """Where a database's history is not that of the files. Pure."""
    by_version = {m.version: m for m in migrations}
    for version, checksum in sorted(applied.items()):
        if version not in by_version:
            yield RefusedError(
                "the database has a migration that is not in this checkout",
                on=version,
                hint="run the release that made it, or a newer one",
            )
        elif checksum not in (None, by_version[version].checksum):
            yield RefusedError(
                "an applied migration was edited",
                on=f"{version}_{by_version[version].name}.sql",
                why="its checksum is not the one in schema_migrations",
                hint="restore the file and write the change as a new migration",
            )


def refusal(migration: Migration) -> RefusedError | None:
    """Why a migration must not begin: after a kill it could not be run again. Pure."""
    for part in unrepeatable(migration):
        return RefusedError(
            "a statement outside a transaction cannot be run twice",
            on=f"{migration.version}_{migration.name}.sql",
            why=f"after a kill between two statements it would run again: {part}",
            hint="write IF NOT EXISTS or IF EXISTS, or leave out transaction:false",
        )
    return None


def unrepeatable(migration: Migration) -> list[str]:
    """Statements of a migration outside a transaction that fail, or do more, when they run a second time."""
    if migration.transaction:
        return []
    lines = [patience.bare(part) for part in statements(migration)]
    return [line for line in lines if line and not repeatable(line)]


def repeatable(statement: str) -> bool:
    """Whether a statement (one line) does nothing more when it runs again; of ALTER TABLE each action."""
    bare = statement.rstrip("; ")
    if ";" in bare:  # a second one in the same line would hide behind the first
        return False
    if altered := _ALTER.fullmatch(bare):
        actions = [action.group().strip() for action in _ACTION.finditer(altered["actions"])]
        return all(_REPEATABLE_ACTION.match(action) for action in actions)
    return _REPEATABLE.match(bare) is not None


def statements(migration: Migration) -> tuple[bytes, ...]:
    """The statements as the server shall get them: together in a transaction, else one by one.

    Several statements in one message form a transaction of their own, which CREATE INDEX CONCURRENTLY
    and its like refuse. Outside a transaction a statement therefore ends at a `;` at a line's end.
    """
    if migration.transaction:
        return (migration.up.encode(),)
    parts = (part.strip() for part in migration.up.split(";\n"))
    return tuple(part.encode() for part in parts if part.strip(";"))


@contextlib.contextmanager
def turn(connection: Connection) -> Iterator[None]:
    """Hold the runners' advisory lock; it ends with the connection if this process dies.

    Raises TimedOutError when another runner holds it for TURN_TIMEOUT_S.
    """
    patience.settle(connection)
    # asked for, not waited for: who waits inside a statement is an older transaction, and the holder's
    # CREATE INDEX CONCURRENTLY would wait for it
    if not wait_until(lambda: _took_turn(connection), TURN_TIMEOUT_S, TURN_PAUSE_S):
        raise TimedOutError(
            "another migration run does not end",
            why=f"its lock is held for {TURN_TIMEOUT_S} s",
            hint="SELECT * FROM pg_locks WHERE locktype = 'advisory'",
        )
    try:
        yield
    finally:
        if not connection.broken:
            connection.execute("SELECT pg_advisory_unlock(%s)", (_LOCK_KEY,))


def _took_turn(connection: Connection) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK_KEY,)).fetchone()
    return row is not None and bool(row[0])


def prepare(connection: Connection) -> None:
    """Make the table in which applied migrations are kept."""
    connection.execute(_TABLE)


def run_one(connection: Connection, migration: Migration) -> None:
    """Run one migration (autocommit connection). Outside a transaction its statements run one by one.

    Settings that the file makes for the session end with it.
    Raises SwapskillError with the server's words, OperationalError where the server is lost; a failed one
    in a transaction leaves nothing behind.
    """
    try:
        with connection.transaction() if migration.transaction else contextlib.nullcontext():
            for part in statements(migration):
                patience.execute(connection, part)
            patience.settle(connection)
            connection.execute(
                "INSERT INTO public.schema_migrations (version, name, checksum) VALUES (%s, %s, %s)",
                (migration.version, migration.name, migration.checksum),
            )
    except psycopg.Error as error:
        if lost(error):
            raise
        raise SwapskillError(
            "a migration failed",
            on=f"{migration.version}_{migration.name}.sql",
            why=str(error.diag.message_primary or error),
            hint="correct it, then: swapctl schema apply",
        ) from error
