"""Runs the SQL migrations that a database does not have yet, in order, each once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import psycopg
from psycopg import sql

from app_core.errors import RefusedError, SwapskillError, TimedOutError
from app_core.schema import registry
from app_core.schema.migrations import Migration
from cluster_cli.bootstrap.steps import StepLog
from infra.context import Context

Connection = psycopg.Connection[Any]

LOCK_TIMEOUT_S = 5
"""A migration waits so long for a table's lock, so that it cannot queue up the application behind it."""
TURN_TIMEOUT_S = 60
"""How long a runner waits for another one to finish."""
_LOCK_KEY = 7_237_155  # any number, the same for every runner
_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version text PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


def apply_migrations(ctx: Context, log: StepLog, *, dry_run: bool = False) -> None:
    """Bring the payments database to the registry's last migration; with `dry_run` only say what is missing.

    Raises RefusedError when an applied migration was edited or is unknown here, SwapskillError with the
    server's words when one fails (a failed one in a transaction leaves nothing behind).
    """
    from cluster_cli.engines.postgresql.connect import connect

    with contextlib.closing(connect(ctx, via="proxy", autocommit=True)) as connection:
        run(connection, registry.migrations(), log, dry_run=dry_run)


def run(
    connection: Connection, migrations: Iterable[Migration], log: StepLog, *, dry_run: bool = False
) -> None:
    """Apply on one connection (autocommit, not through a transaction pooler) what is not applied yet."""
    known = tuple(migrations)
    with _turn(connection):
        applied = _applied(connection)
        waiting = pending(known, applied)
        if not waiting:
            with log.step("migrations") as step:
                step.changed = False
            return
        if not dry_run:
            connection.execute(_TABLE)
        for migration in waiting:
            with log.step(f"migration {migration.version}_{migration.name}") as step:
                step.changed = True
                if not dry_run:
                    _apply(connection, migration)


def pending(migrations: Iterable[Migration], applied: Mapping[str, str]) -> tuple[Migration, ...]:
    """The migrations to run. `applied`: version -> checksum. Pure.

    Raises RefusedError when history was edited: a changed file, or a version that no file has.
    """
    by_version = {m.version: m for m in migrations}
    for version, checksum in applied.items():
        if version not in by_version:
            raise RefusedError(
                "the database has a migration that is not in this checkout",
                on=version,
                hint="run the release that made it, or a newer one",
            )
        if by_version[version].checksum != checksum:
            raise RefusedError(
                "an applied migration was edited",
                on=f"{version}_{by_version[version].name}.sql",
                why="its checksum is not the one in schema_migrations",
                hint="restore the file and write the change as a new migration",
            )
    return tuple(m for version, m in sorted(by_version.items()) if version not in applied)


@contextlib.contextmanager
def _turn(connection: Connection) -> Iterator[None]:
    """Hold the runners' advisory lock; it ends with the connection if this process dies."""
    connection.execute(sql.SQL("SET lock_timeout = {}").format(f"{TURN_TIMEOUT_S}s"))
    try:
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK_KEY,))
    except psycopg.errors.LockNotAvailable:
        raise TimedOutError(
            "another migration run does not end",
            why=f"its lock is held for {TURN_TIMEOUT_S} s",
            hint="SELECT * FROM pg_locks WHERE locktype = 'advisory'",
        ) from None
    connection.execute(sql.SQL("SET lock_timeout = {}").format(f"{LOCK_TIMEOUT_S}s"))
    try:
        yield
    finally:
        if not connection.broken:
            connection.execute("SELECT pg_advisory_unlock(%s)", (_LOCK_KEY,))


def _applied(connection: Connection) -> dict[str, str]:
    found = connection.execute("SELECT to_regclass('schema_migrations')").fetchone()
    if found is None or found[0] is None:
        return {}
    rows = connection.execute("SELECT version, checksum FROM schema_migrations").fetchall()
    return {str(version): str(checksum) for version, checksum in rows}


def _apply(connection: Connection, migration: Migration) -> None:
    """Run one migration. Outside a transaction its statements run one by one, and must be repeatable."""
    try:
        with connection.transaction() if migration.transaction else contextlib.nullcontext():
            for part in statements(migration):
                connection.execute(part)
            connection.execute(
                "INSERT INTO schema_migrations (version, name, checksum) VALUES (%s, %s, %s)",
                (migration.version, migration.name, migration.checksum),
            )
    except psycopg.Error as error:
        raise SwapskillError(
            "a migration failed",
            on=f"{migration.version}_{migration.name}.sql",
            why=str(error.diag.message_primary or error),
            hint="correct it, then: swapctl schema apply",
        ) from error


def statements(migration: Migration) -> tuple[bytes, ...]:
    """The statements as the server shall get them: together in a transaction, else one by one.

    Several statements in one message form a transaction of their own, which CREATE INDEX CONCURRENTLY
    and its like refuse. Outside a transaction a statement therefore ends at a `;` at a line's end.
    """
    if migration.transaction:
        return (migration.up.encode(),)
    parts = (part.strip() for part in migration.up.split(";\n"))
    return tuple(part.encode() for part in parts if part.strip(";"))
