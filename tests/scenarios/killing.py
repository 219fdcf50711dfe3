"""kill -9 of what changes a schema, before or after each thing that it sends to a server."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from typing import Any

import psycopg
from pymongo.database import Database

from app_core.schema.migrations import Migration
from cluster_cli.bootstrap.steps import StepLog
from cluster_cli.engines.postgresql.connect import connect
from cluster_cli.schema import payments
from cluster_cli.schema.apply import migrating
from cluster_cli.waiting import wait_until
from infra.context import Context

CHANGES = {"create", "createIndexes", "dropIndexes", "shardCollection", "updateZoneKeyRange", "collMod"}
ENOUGH = 100
WHEN = ("before", "after")


def killed_at_each(once: Callable[[int], int | None], step: int = 1) -> int:
    """Call with 1, 2, … until a run came to its end: how many were killed before.

    `once` runs something that is killed at its n-th change, looks at what is left, and gives its exit code.
    """
    for at in range(1, ENOUGH, step):
        code = once(at)
        if code is not None:
            assert code == 0, at
            return at - 1
    raise AssertionError(f"it has more than {ENOUGH} changes")


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


def killed_once(body: Callable[[], object], reached: Callable[[], bool]) -> None:
    """Run the body in a process of its own, which is killed when it has got as far as that."""
    pid = os.fork()
    if pid == 0:
        try:
            body()
        finally:
            os._exit(0)
    try:
        assert wait_until(reached, 30)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


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


def kill_social(at: int, when: str, body: Callable[[], object]) -> int | None:
    """Run something in a process that is killed at its n-th changing command to a social database."""

    def die() -> None:
        command = Deadly(Database.command, at, when, a_change)
        Database.command = lambda *a, **o: command(*a, **o)  # type: ignore[method-assign] - of a child that is killed
        body()

    return in_a_child(die)


def kill_payments(ctx: Context, database: str, at: int, when: str) -> int | None:
    """Apply in a process that is killed at its n-th changing statement."""

    def die() -> None:
        execute = Deadly(psycopg.Connection.execute, at, when, changes)
        psycopg.Connection.execute = lambda *a, **o: execute(*a, **o)  # type: ignore[method-assign] - of a child that is killed
        apply_to(ctx, database)

    return in_a_child(die)


def working(connection: psycopg.Connection[Any], like: str) -> bool:
    """Whether the server is still at a statement of that form, in this database."""
    row = connection.execute(
        "SELECT 1 FROM pg_stat_activity WHERE query LIKE %s"
        " AND state = 'active' AND pid <> pg_backend_pid() AND datname = current_database()",
        (like,),
    ).fetchone()
    return row is not None
