"""kill -9 of what cures a drift, and of `schema prune`: the next run ends it, and no data are lost.

What is left when a command was killed before is mostly what is left after the one before it; so the normal
run kills after each.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg import sql

from app_core.schema import registry
from bench.samples import Samples
from cluster_cli.bootstrap.steps import StepLog
from cluster_cli.engines.mongodb import mongo_client
from cluster_cli.engines.mongodb.clients import Client
from cluster_cli.schema import payments, social
from cluster_cli.schema.apply import apply_social, migrating
from cluster_cli.schema.checks import differences
from cluster_cli.schema.partitions import month_of, partition_name
from cluster_cli.schema.prune_payments import prune_payments
from cluster_cli.schema.pruned import Brake
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
Postgres = psycopg.Connection[Any]
WRONG, MISSING = "code_1", "user_id_1_awarded_at_-1"
ALLOWED = frozenset({f"members.badges.{WRONG}"})
OLD, OLD_MONTH = "2010-01-15", "outbox_2010_01"
DETACH = "ALTER TABLE%DETACH PARTITION%"


@pytest.fixture
def badges(sandbox: Context) -> Iterator[dict[str, Any]]:
    """A document in each of the two collections that drift, by the collection's name."""
    documents = {
        name: Samples(seed=21).document(registry.collection(name), 1) for name in ("badges", "user_badges")
    }
    with mongo_client(sandbox, "root") as client:
        for name, document in documents.items():
            client["members"][name].insert_one(document)
    yield documents
    with mongo_client(sandbox, "root") as client:
        for name, document in documents.items():
            client["members"][name].delete_one({"_id": document["_id"]})
    apply_social(sandbox, StepLog(), allowed=ALLOWED)  # where the test ended half-way


def drift(client: Client) -> None:
    """A wrong validator and a wrong index on one collection, an index less on the other."""
    members = client["members"]
    members.command("collMod", "badges", validator={"code": {"$exists": True}})
    members["badges"].drop_index(WRONG)
    members["badges"].create_index("code", name=WRONG)
    members["user_badges"].drop_index(MISSING)


@pytest.mark.full
@pytest.mark.parametrize("when", WHEN)
def test_the_cures_of_a_social_drift_can_be_killed_at_each_command(
    sandbox: Context, badges: dict[str, Any], when: str
) -> None:
    def once(at: int) -> int | None:
        code = kill_social(at, when, lambda: apply_social(sandbox, StepLog(), allowed=ALLOWED))
        apply_social(sandbox, StepLog(), allowed=ALLOWED)
        with mongo_client(sandbox, "root") as client:
            assert differences("social", social.read(sandbox, client)) == [], at
            for name, document in badges.items():
                assert client["members"][name].count_documents({"_id": document["_id"]}) == 1
            drift(client)
        return code

    with mongo_client(sandbox, "root") as client:
        drift(client)
    assert killed_at_each(once) == 4, "collMod, dropIndexes, and createIndexes of either collection"


def event(connection: Postgres, moment: str) -> uuid.UUID:
    """A published event of that moment."""
    key = uuid.uuid4()
    connection.execute(
        "INSERT INTO outbox (id, aggregate_id, type, payload, created_at) VALUES (%s, %s, 'a.b', '{}', %s)",
        (key, key, moment),
    )
    connection.execute("UPDATE outbox SET published_at = now() WHERE id = %s", (key,))
    return key


@pytest.mark.full
@pytest.mark.parametrize("when", WHEN)
def test_the_attaching_of_a_month_can_be_killed_at_each_statement(sandbox: Context, when: str) -> None:
    month = month_of(datetime.now(UTC).date()).plus(1)
    with scratch_database(sandbox) as database:
        apply_to(sandbox, database)
        with own(database)(sandbox) as connection:
            key = event(connection, f"{month.first_day()} 12:00+00")

            def once(at: int) -> int | None:
                for table in ("ledger_entry", "outbox"):
                    detached = sql.Identifier(partition_name(table, month))
                    connection.execute(
                        sql.SQL("ALTER TABLE {} DETACH PARTITION {}").format(sql.Identifier(table), detached)
                    )
                code = kill_payments(sandbox, database, at, when)
                apply_to(sandbox, database)
                assert differences("payments", payments.read(connection)) == [], at
                assert connection.execute("SELECT id FROM outbox").fetchall() == [(key,)]
                return code

            assert killed_at_each(once) >= 2, "fewer statements were killed than months were detached"


def prune_in(ctx: Context, database: str) -> None:
    """The months that are over, as `schema prune` detaches them."""
    with migrating(ctx, database) as connection:
        prune_payments(
            connection, [], datetime.now(UTC), Brake(list, lambda _: None), lambda _: None, batch=10
        )


def pending(connection: Postgres) -> bool:
    """Whether the old month's detaching has begun and not ended."""
    row = connection.execute(
        "SELECT inhdetachpending FROM pg_inherits WHERE inhrelid = to_regclass(%s)", (OLD_MONTH,)
    ).fetchone()
    return row is not None and bool(row[0])


def kinds(connection: Postgres) -> set[str]:
    return {d.kind for d in differences("payments", payments.read(connection))}


def test_a_detaching_that_is_killed_half_way_is_finished(sandbox: Context) -> None:
    """It waits for a transaction that is older than it; there its runner is killed, then that of its end."""
    with scratch_database(sandbox) as database, own(database)(sandbox) as connection:
        apply_to(sandbox, database)
        connection.execute("SELECT create_month_partitions('outbox', %s, %s)", (OLD, OLD))
        key = event(connection, OLD)
        with own(database)(sandbox) as older:
            older.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            older.execute("SELECT set_config('idle_in_transaction_session_timeout', '0', true)")
            older.execute("LOCK TABLE ONLY outbox IN ACCESS SHARE MODE")
            killed_once(lambda: prune_in(sandbox, database), lambda: pending(connection))
            assert wait_until(lambda: not working(connection, DETACH), 30)
            older.execute("ROLLBACK")
        assert "interrupted-detach" in kinds(connection)
        assert kill_payments(sandbox, database, 1, "before") is None
        assert pending(connection)
        assert kill_payments(sandbox, database, 1, "after") is None
        apply_to(sandbox, database)
        assert kinds(connection) == set()
        rows = connection.execute(sql.SQL("SELECT id FROM {}").format(sql.Identifier(OLD_MONTH))).fetchall()
        assert rows == [(key,)]
        assert connection.execute("SELECT id FROM outbox").fetchall() == []
