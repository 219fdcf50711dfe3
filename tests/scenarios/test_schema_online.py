"""Changes beside the load: older transactions are waited for; partitioned tables get indexes in parts."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from app_core.schema import registry
from app_core.schema.migrations import Migration, parse_migration
from cluster_cli.bootstrap.steps import StepLog
from cluster_cli.engines.postgresql.connect import connect
from cluster_cli.schema import patience, payments
from cluster_cli.schema.apply import migrating
from cluster_cli.schema.checks import differences
from cluster_cli.schema.migrations import run_one
from cluster_cli.schema.partitions import month_of, partition_name
from cluster_cli.schema.payments_facts import read_partitions
from cluster_cli.schema.prune_payments import detach_one
from cluster_cli.waiting import wait_until
from infra.context import Context
from tests.sampling import some
from tests.scenarios.payments_database import Postgres, migrated_database, owner_of

pytestmark = pytest.mark.cluster
LIMIT = "200ms"
INDEX = "outbox_unpublished_sequence_number"
BUILD = parse_migration(
    "9999_build.sql",
    "-- migrate:up transaction:false\n"
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS account_balance ON account (balance);\n",
)


@pytest.fixture
def database(sandbox: Context) -> Iterator[str]:
    with migrated_database(sandbox) as name:
        yield name


@pytest.fixture
def live(sandbox: Context, database: str) -> Iterator[Postgres]:
    with owner_of(sandbox, database) as connection:
        yield connection


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A runner whose limit of waiting for locks is short."""
    monkeypatch.setattr(patience, "_SETTLED", LIMIT)


@contextlib.contextmanager
def older(ctx: Context, database: str, table: str) -> Iterator[Postgres]:
    """A transaction that has written the table and goes on, as a report or a dump does that has read it."""
    with connect(ctx, via="proxy", database=database, autocommit=True) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        connection.execute("SELECT set_config('idle_in_transaction_session_timeout', '0', true)")
        connection.execute(f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE")  # type: ignore[arg-type] - ours
        yield connection
        connection.execute("ROLLBACK")


def waits(connection: Postgres, words: str) -> bool:
    """Whether a statement with these words waits for longer than the runner's limit."""
    row = connection.execute(
        "SELECT 1 FROM pg_stat_activity WHERE query LIKE %s AND wait_event_type = 'Lock'"
        " AND datname = current_database() AND now() - query_start > %s::interval * 3",
        (f"%{words}%", LIMIT),
    ).fetchone()
    return row is not None


def started(work: Any) -> tuple[threading.Thread, list[BaseException]]:
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, failed


def test_a_build_waits_longer_than_the_limit_for_an_older_transaction(
    sandbox: Context, database: str, live: Postgres, hasty: None
) -> None:
    limits: list[Any] = []

    def build() -> None:
        with migrating(sandbox, database) as connection:
            run_one(connection, BUILD)
            limits.append((connection.execute("SHOW lock_timeout").fetchone() or ("",))[0])

    with older(sandbox, database, "account"):
        thread, failed = started(build)
        assert wait_until(lambda: waits(live, "CREATE INDEX CONCURRENTLY") or bool(failed), 20), (
            "it never began"
        )
    thread.join(30)
    assert failed == []
    assert limits == [LIMIT]
    row = live.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'account_balance'::regclass")
    assert row.fetchone() == (True,)


def test_a_month_is_detached_when_an_older_transaction_has_ended(
    sandbox: Context, database: str, live: Postgres, hasty: None
) -> None:
    live.execute("SELECT create_month_partitions('outbox', '2010-01-15', '2010-01-15')")

    def detach() -> None:
        with migrating(sandbox, database) as connection:
            (month,) = (p for p in read_partitions(connection) if p.name == "outbox_2010_01")
            detach_one(connection, month, "published_at", datetime.now(UTC), lambda _: None, False)

    with older(sandbox, database, "outbox"):
        thread, failed = started(detach)
        assert wait_until(lambda: waits(live, "DETACH PARTITION") or bool(failed), 20), "it never began"
    thread.join(30)
    assert failed == []
    (month,) = (p for p in read_partitions(live) if p.name == "outbox_2010_01")
    assert (month.attached, month.pending) == (False, False)


def two_accounts(connection: Postgres) -> tuple[uuid.UUID, uuid.UUID]:
    keys = (uuid.uuid4(), uuid.uuid4())
    for key in keys:
        connection.execute("INSERT INTO account (id, user_id, currency) VALUES (%s, %s, 'EUR')", (key, key))
    return keys


@contextlib.contextmanager
def paying(ctx: Context, database: str, account: uuid.UUID) -> Iterator[Postgres]:
    """A transaction that has written an account and goes on; it keeps no snapshot."""
    with connect(ctx, via="proxy", database=database, autocommit=True) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT set_config('idle_in_transaction_session_timeout', '0', true)")
        connection.execute("UPDATE account SET balance = balance WHERE id = %s", (account,))
        yield connection
        connection.execute("ROLLBACK")


def asks_for_a_lock(connection: Postgres, words: str) -> bool:
    row = connection.execute(
        "SELECT 1 FROM pg_stat_activity WHERE query LIKE %s AND wait_event_type = 'Lock'"
        " AND state = 'active' AND datname = current_database()",
        (f"%{words}%",),
    ).fetchone()
    return row is not None


def test_payments_go_on_while_a_month_of_the_ledger_waits_for_a_long_one(
    sandbox: Context, database: str, live: Postgres
) -> None:
    live.execute("SELECT create_month_partitions('ledger_entry', '2010-01-15', '2010-01-15')")
    long, other = two_accounts(live)
    live.execute("SET statement_timeout = '3s'")

    def detach() -> None:
        with migrating(sandbox, database) as connection:
            (month,) = (p for p in read_partitions(connection) if p.name == "ledger_entry_2010_01")
            detach_one(connection, month, "", datetime.now(UTC), lambda _: None, False)

    with paying(sandbox, database, long):
        thread, failed = started(detach)
        for _ in range(3):
            waiting = wait_until(
                lambda: asks_for_a_lock(live, "DETACH PARTITION") or bool(failed), 5, interval=0.01
            )
            assert waiting and not failed, f"it never waited: {failed}"
            live.execute("UPDATE account SET balance = balance WHERE id = %s", (other,))
        assert thread.is_alive()
    thread.join(30)
    assert (failed, thread.is_alive()) == ([], False)
    (month,) = (p for p in read_partitions(live) if p.name == "ledger_entry_2010_01")
    assert (month.attached, month.pending) == (False, False)


def test_a_runner_that_waits_for_its_turn_does_not_hold_up_the_one_that_builds(
    sandbox: Context, database: str
) -> None:
    def second() -> None:
        with migrating(sandbox, database):
            pass

    with migrating(sandbox, database) as connection:
        thread, failed = started(second)
        thread.join(0.5)
        run_one(connection, BUILD)
    thread.join(30)
    assert (failed, thread.is_alive()) == ([], False)


def applied(
    ctx: Context, database: str, *allowed: str, migrations: tuple[Migration, ...] | None = None
) -> None:
    with migrating(ctx, database) as connection:
        facts = payments.read(connection, migrations=migrations)
        payments.cure(connection, facts, frozenset(allowed), StepLog())


def kinds(connection: Postgres) -> list[tuple[str, str]]:
    return [(d.kind, d.object) for d in differences("payments", payments.read(connection))]


@pytest.mark.parametrize("done", some(10, every=4))
def test_an_index_of_a_partitioned_table_is_built_from_wherever_it_was_interrupted(
    sandbox: Context, database: str, live: Postgres, done: int
) -> None:
    """Four builds, the index of the table, four attachings: stopped after so many of the nine."""
    live.execute(f"DROP INDEX {INDEX}")  # type: ignore[arg-type] - a name of ours
    (difference,) = differences("payments", payments.read(live))
    assert (difference.kind, len(difference.commands)) == ("missing-index", 9)
    for _, statement in difference.commands[:done]:
        live.execute(statement)
    applied(sandbox, database)
    assert kinds(live) == []
    row = live.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = %s::regclass", (INDEX,)).fetchone()
    assert row == (True,)


def test_a_half_built_part_is_built_again(sandbox: Context, database: str, live: Postgres) -> None:
    month = partition_name("outbox", month_of(payments.read(live).today))
    live.execute(f"DROP INDEX {INDEX}")  # type: ignore[arg-type] - a name of ours
    part = f"{INDEX}{month.removeprefix('outbox')}"
    live.execute(f"CREATE INDEX {part} ON {month} (sequence_number)")  # type: ignore[arg-type] - same
    live.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", (part,))
    assert ("invalid-index", f"{month} {part}") in kinds(live)
    applied(sandbox, database)
    assert kinds(live) == []


def test_an_extra_index_of_a_partitioned_table_is_dropped_by_name(
    sandbox: Context, database: str, live: Postgres
) -> None:
    live.execute("CREATE INDEX odd ON outbox (type)")
    assert kinds(live) == [("extra-index", "index odd")]
    applied(sandbox, database, "index odd")
    assert kinds(live) == []


def test_an_index_that_a_migration_begins_on_the_table_alone_is_finished_by_the_same_apply(
    sandbox: Context, database: str, live: Postgres
) -> None:
    live.execute(f"DROP INDEX {INDEX}")  # type: ignore[arg-type] - a name of ours
    begins = parse_migration(
        "9999_begins.sql",
        f"-- migrate:up\nCREATE INDEX IF NOT EXISTS {INDEX} ON ONLY outbox (sequence_number)"
        " WHERE published_at IS NULL;\n",
    )
    applied(sandbox, database, migrations=(*registry.migrations(), begins))
    row = live.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = %s::regclass", (INDEX,)).fetchone()
    assert row == (True,)


@pytest.mark.parametrize("how", ["", " CONCURRENTLY"], ids=["locking", "online"])
@pytest.mark.parametrize("table", ["outbox", "ledger_entry"])
def test_a_detached_month_is_attached_again(
    sandbox: Context, database: str, live: Postgres, table: str, how: str
) -> None:
    month = partition_name(table, month_of(payments.read(live).today).plus(1))
    live.execute(f"ALTER TABLE {table} DETACH PARTITION {month}{how}")  # type: ignore[arg-type] - names of ours
    assert kinds(live) == [("unattached-partition", f"partition {month}")]
    applied(sandbox, database)
    assert kinds(live) == []


def test_a_migration_that_drops_a_table_is_named_once_the_table_has_rows(live: Postgres) -> None:
    gone = parse_migration("9999_gone.sql", "-- migrate:up\nDROP TABLE probe;\n")
    everything = (*registry.migrations(), gone)
    acts: list[tuple[str, bool]] = []
    for _ in range(2):
        (one,) = differences("payments", payments.read(live, migrations=everything))
        acts.append((one.act, one.blocks))
        live.execute("INSERT INTO probe (id, member) VALUES (%s, 'x')", (uuid.uuid4(),))
    assert acts == [("apply", False), ("drop", True)]


def detached_full(live: Postgres) -> str:
    """The ledger's next month with a transfer in it, detached."""
    month = month_of(payments.read(live).today).plus(1)
    (payer, payee), transfer, at = two_accounts(live), uuid.uuid4(), month.first_day()
    with live.transaction():
        live.execute("INSERT INTO transfer VALUES (%s, %s, %s, 7, 'EUR', %s)", (transfer, payer, payee, at))
        live.execute(
            "INSERT INTO ledger_entry VALUES (%s, %s, -7, %s), (%s, %s, 7, %s)",
            (transfer, payer, at, transfer, payee, at),
        )
    name = partition_name("ledger_entry", month)
    live.execute(f"ALTER TABLE ledger_entry DETACH PARTITION {name}")  # type: ignore[arg-type] - a name of ours
    return name


LOCKED = "SELECT relation::regclass::text FROM pg_locks WHERE pid = pg_backend_pid() AND relation IS NOT NULL"


def test_the_rows_of_a_full_month_are_read_while_accounts_are_free(live: Postgres) -> None:
    month, said = detached_full(live), list[str]()
    (difference,) = differences("payments", payments.read(live))
    live.add_notice_handler(lambda told: said.append(told.message_primary or ""))
    live.execute("SET client_min_messages = debug1")
    add, validate, attach = (statement for _, statement in difference.commands)
    for statement in (add, validate, attach):
        with live.transaction():
            live.execute(statement)
            locked = {name for (name,) in live.execute(LOCKED).fetchall()}
        assert statement is attach or not locked & {"account", "transfer", "ledger_entry"}
    assert f'partition constraint for table "{month}" is implied by existing constraints' in said
    live.execute("RESET client_min_messages")
    assert kinds(live) == []


@pytest.mark.parametrize("done", some(4, every=2))
def test_a_full_month_is_attached_from_wherever_it_was_interrupted(
    sandbox: Context, database: str, live: Postgres, done: int
) -> None:
    detached_full(live)
    (difference,) = differences("payments", payments.read(live))
    for _, statement in difference.commands[:done]:
        live.execute(statement)
    applied(sandbox, database)
    assert kinds(live) == []
    assert live.execute("SELECT count(*) FROM ledger_entry").fetchone() == (2,)
