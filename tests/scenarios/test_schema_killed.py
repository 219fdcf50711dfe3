"""kill -9 of `schema apply` before and after each of its commands: the next run ends where one alone does."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from pymongo.database import Database

from app_core.schema import registry
from app_core.schema.migrations import Migration, parse_migration
from cluster_cli.bootstrap.steps import StepLog
from cluster_cli.engines.mongodb import mongo_client
from cluster_cli.engines.postgresql.connect import connect
from cluster_cli.schema import payments, social
from cluster_cli.schema.apply import apply_payments, apply_social, migrating
from cluster_cli.schema.catalogue import read_catalogue
from cluster_cli.schema.checks import differences
from cluster_cli.schema.scratch import scratch_database
from cluster_cli.waiting import wait_until
from infra.context import Context

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]
VICTIMS = ("badges", "user_badges")
"""An unsharded and a sharded collection that are made again for each kill."""
CHANGES = {"create", "createIndexes", "shardCollection", "updateZoneKeyRange", "collMod"}
ENOUGH = 100
WHEN = ("before", "after")


def in_a_child(body: Callable[[], None]) -> int | None:
    """Run the body in a process of its own: its exit code, or None when it was killed."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            body()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    return None if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


class Deadly:
    """Wraps a function that sends something to a server: the n-th call kills the process."""

    def __init__(self, real: Callable[..., Any], at: int, when: str, counts: Callable[..., bool]) -> None:
        self.real, self.at, self.when, self.counts = real, at, when, counts
        self.calls, self.lock = 0, threading.Lock()

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        with self.lock:
            counted = self.counts(*arguments)
            self.calls += counted
            mine = counted and self.calls == self.at
        if mine and self.when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = self.real(*arguments, **options)
        if mine:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer


def a_change(_: Any, command: Any, *__: Any) -> bool:
    return isinstance(command, dict) and next(iter(command)) in CHANGES


def forget(ctx: Context) -> None:
    with mongo_client(ctx, "root") as client:
        for name in VICTIMS:
            client["members"].drop_collection(name)
        client.admin.command(
            {
                "updateZoneKeyRange": "members.user_badges",
                **_whole_range(),
                "zone": None,
            }
        )


def _whole_range() -> dict[str, Any]:
    from bson import MaxKey, MinKey

    return {"min": {"user_id": MinKey()}, "max": {"user_id": MaxKey()}}


@pytest.mark.parametrize("when", WHEN)
def test_the_social_apply_can_be_killed_at_each_command(sandbox: Context, when: str) -> None:
    code, at = None, 0
    for at in range(1, ENOUGH):
        forget(sandbox)

        def die(at: int = at) -> None:
            command = Deadly(Database.command, at, when, a_change)
            Database.command = lambda *a, **o: command(*a, **o)  # type: ignore[method-assign]
            apply_social(sandbox, StepLog())

        code = in_a_child(die)
        apply_social(sandbox, StepLog())
        with mongo_client(sandbox, "root") as client:
            assert differences("social", social.read(sandbox, client)) == [], at
        if code is not None:
            break
    assert code == 0
    assert at > 5, "fewer commands were killed than making two collections takes"


def own(database: str) -> Callable[[Any], psycopg.Connection[Any]]:
    return lambda ctx: connect(ctx, via="proxy", database=database, autocommit=True)


def apply_to(ctx: Context, database: str, migrations: tuple[Migration, ...] | None = None) -> StepLog:
    """Everything that `schema apply` does to the payments database, in another one."""
    log = StepLog()
    with migrating(ctx, database) as connection:
        payments.cure(connection, payments.read(connection, migrations=migrations), frozenset(), log)
    return log


def changes(_: Any, statement: Any, *__: Any) -> bool:
    words = statement if isinstance(statement, str | bytes) else statement.as_string(None)
    text = words.decode() if isinstance(words, bytes) else words
    return not text.lstrip("-— \n").upper().startswith(("SELECT", "SET", "RESET", "WITH", "EVERYTHING"))


def kill_payments(ctx: Context, database: str, at: int, when: str) -> int | None:
    def die() -> None:
        execute = Deadly(psycopg.Connection.execute, at, when, changes)
        psycopg.Connection.execute = lambda *a, **o: execute(*a, **o)  # type: ignore[method-assign]
        apply_to(ctx, database)

    return in_a_child(die)


def killed_everywhere(ctx: Context, when: str, step: int) -> None:
    code, at = None, 0
    for at in range(1, ENOUGH, step):
        with scratch_database(ctx) as database:
            code = kill_payments(ctx, database, at, when)
            apply_to(ctx, database)
            with own(database)(ctx) as connection:
                assert differences("payments", payments.read(connection)) == [], at
        if code is not None:
            break
    assert code == 0
    assert at > len(registry.migrations()), "fewer statements were killed than there are"


@pytest.mark.parametrize("when", WHEN)
def test_the_payments_apply_can_be_killed_at_some_statements(sandbox: Context, when: str) -> None:
    killed_everywhere(sandbox, when, step=5)


@pytest.mark.full
@pytest.mark.parametrize("when", WHEN)
def test_the_payments_apply_can_be_killed_at_each_statement(sandbox: Context, when: str) -> None:
    killed_everywhere(sandbox, when, step=1)


def test_a_half_built_index_is_built_again(sandbox: Context) -> None:
    """The build waits for a transaction that is older than it; there its runner is killed."""
    build = parse_migration(
        "9999_slow.sql",
        "-- migrate:up transaction:false\n"
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS account_balance ON account (balance);\nANALYZE account;\n",
    )
    everything = (*registry.migrations(), build)
    with scratch_database(sandbox) as database, own(database)(sandbox) as connection:
        apply_to(sandbox, database)
        with own(database)(sandbox) as older:
            older.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            older.execute("SELECT set_config('idle_in_transaction_session_timeout', '0', true)")
            older.execute("LOCK TABLE account IN ROW EXCLUSIVE MODE")
            _kill_when(connection, sandbox, database, everything)
            older.execute("ROLLBACK")
        assert wait_until(lambda: validity(connection) == [False] and not building(connection), 30)
        found = differences("payments", payments.read(connection, migrations=everything))
        assert "invalid-index" in {d.kind for d in found}
        apply_to(sandbox, database, everything)
        assert validity(connection) == [True]


def _kill_when(
    connection: psycopg.Connection[Any], ctx: Context, database: str, migrations: tuple[Migration, ...]
) -> None:
    pid = os.fork()
    if pid == 0:
        try:
            apply_to(ctx, database, migrations)
        finally:
            os._exit(0)
    assert wait_until(lambda: validity(connection) == [False], 30)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert wait_until(lambda: not building(connection), 30)


def validity(connection: psycopg.Connection[Any]) -> list[bool]:
    rows = connection.execute(
        "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('account_balance')"
    ).fetchall()
    return [bool(row[0]) for row in rows]


def building(connection: psycopg.Connection[Any]) -> bool:
    row = connection.execute(
        "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONCURRENTLY%account_balance%'"
        " AND state = 'active' AND pid <> pg_backend_pid() AND datname = current_database()"
    ).fetchone()
    return row is not None


def test_a_lock_that_is_not_given_ends_the_run_and_leaves_nothing(sandbox: Context) -> None:
    from app_core.errors import SwapskillError

    wanted = parse_migration("9998_locked.sql", "-- migrate:up\nALTER TABLE account ADD COLUMN odd int;\n")
    with scratch_database(sandbox) as database, own(database)(sandbox) as holder:
        apply_to(sandbox, database)
        before = read_catalogue(holder)
        holder.execute("BEGIN")
        holder.execute("SELECT set_config('idle_in_transaction_session_timeout', '0', true)")
        holder.execute("SELECT * FROM account")
        with pytest.raises(SwapskillError, match="lock timeout"):
            apply_to(sandbox, database, (*registry.migrations(), wanted))
        holder.execute("ROLLBACK")
        assert read_catalogue(holder) == before


@pytest.fixture(scope="module", autouse=True)
def whole(sandbox: Context) -> Iterator[None]:
    """Whatever a test leaves half made is finished."""
    yield
    apply_social(sandbox, StepLog())
    apply_payments(sandbox, StepLog())
