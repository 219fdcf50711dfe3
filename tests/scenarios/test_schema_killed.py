"""kill -9 of `schema apply` before and after each of its commands: the next run ends where one alone does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from app_core.schema import registry
from app_core.schema.migrations import parse_migration
from cluster_cli.bootstrap.steps import StepLog
from cluster_cli.engines.mongodb import mongo_client
from cluster_cli.engines.mongodb.clients import Client
from cluster_cli.schema import payments, social
from cluster_cli.schema.apply import apply_payments, apply_social
from cluster_cli.schema.catalogue import read_catalogue
from cluster_cli.schema.checks import differences
from cluster_cli.schema.scratch import scratch_database
from cluster_cli.waiting import wait_until
from infra.context import Context
from tests.scenarios.killing import (
    WHEN,
    apply_to,
    kill_payments,
    kill_social,
    killed_at_each,
    killed_once,
    own,
    working,
)

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]
BUILD = "CREATE INDEX CONCURRENTLY%account_balance%"
VICTIMS = ("badges", "user_badges")
"""An unsharded and a sharded collection that are made again for each kill."""


def forget(client: Client) -> None:
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


@pytest.mark.full
@pytest.mark.parametrize("when", WHEN)
def test_the_social_apply_can_be_killed_at_each_command(sandbox: Context, when: str) -> None:
    def once(at: int) -> int | None:
        code = kill_social(at, when, lambda: apply_social(sandbox, StepLog()))
        apply_social(sandbox, StepLog())
        with mongo_client(sandbox, "root") as client:  # a login costs: one a kill
            assert differences("social", social.read(sandbox, client)) == [], at
            forget(client)
        return code

    with mongo_client(sandbox, "root") as client:
        forget(client)
    assert killed_at_each(once) >= 5, "fewer commands were killed than making two collections takes"


def killed_everywhere(ctx: Context, when: str, step: int) -> None:
    def once(at: int) -> int | None:
        with scratch_database(ctx) as database:
            code = kill_payments(ctx, database, at, when)
            apply_to(ctx, database)
            with own(database)(ctx) as connection:
                assert differences("payments", payments.read(connection)) == [], at
        return code

    killed = killed_at_each(once, step)
    assert killed >= len(registry.migrations()), "fewer statements were killed than there are"


def test_the_payments_apply_can_be_killed_at_some_statements(sandbox: Context) -> None:
    killed_everywhere(sandbox, "after", step=5)


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
            killed_once(
                lambda: apply_to(sandbox, database, everything), lambda: validity(connection) == [False]
            )
            assert wait_until(lambda: not working(connection, BUILD), 30)
            older.execute("ROLLBACK")
        assert wait_until(lambda: validity(connection) == [False] and not working(connection, BUILD), 30)
        found = differences("payments", payments.read(connection, migrations=everything))
        assert "invalid-index" in {d.kind for d in found}
        apply_to(sandbox, database, everything)
        assert validity(connection) == [True]


def validity(connection: psycopg.Connection[Any]) -> list[bool]:
    rows = connection.execute(
        "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('account_balance')"
    ).fetchall()
    return [bool(row[0]) for row in rows]


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
