"""Review, prune, partitions and reports on live engines: one of each is made, seen, and acted upon."""

from __future__ import annotations

import contextlib
import json
import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from app_core.schema import registry
from app_core.schema.handles import handle
from app_core.schema.reporting import report
from bench.samples import Samples
from cluster_cli.commands.schema import app
from cluster_cli.engines.mongodb import member_client, mongo_client, primary
from cluster_cli.engines.mongodb.clients import Client
from cluster_cli.engines.postgresql.connect import connect
from cluster_cli.lag import lags
from cluster_cli.schema.apply import apply_schema, find_differences
from cluster_cli.schema.partitions import partition_name, wanted_months
from cluster_cli.schema.prune import prune
from cluster_cli.schema.pruned import Pruned
from cluster_cli.waiting import wait_until
from infra.context import Context

pytestmark = pytest.mark.cluster
Postgres = psycopg.Connection[Any]
ROWS = 20_000
"""So many make indexes of more than `LEAST` bytes."""
LEAST = 100_000
LIMIT_S = 1.0


@pytest.fixture(scope="module")
def root(sandbox: Context) -> Iterator[Client]:
    with mongo_client(sandbox, "root") as client:
        yield client


@pytest.fixture
def payments(sandbox: Context) -> Iterator[Postgres]:
    with contextlib.closing(connect(sandbox, via="proxy", autocommit=True)) as connection:
        yield connection


def reviewed(ctx: Context) -> dict[tuple[str, str], str]:
    """(kind, object) -> command of every finding of `swapctl schema review`."""
    words = ["review", "--since", "1ms", "--min-size", str(LEAST), "-o", "json", "--context", ctx.name]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    return {(f["kind"], f["object"]): f["command"] for f in json.loads(done.stdout)}


SIZES = """
SELECT pg_table_size('account'), pg_relation_size('account_pkey'), (SELECT count(*) FROM account),
       (SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'account'),
       (SELECT array_agg(xmin::text) FROM pg_replication_slots WHERE xmin IS NOT NULL),
       (SELECT array_agg(state || ': ' || query) FROM pg_stat_activity
         WHERE backend_xmin IS NOT NULL AND pid <> pg_backend_pid()),
       (SELECT array_agg(mode || ' by ' || coalesce(state, backend_type) || ': ' || query)
          FROM pg_locks JOIN pg_stat_activity USING (pid)
         WHERE relation = 'account'::regclass AND pid <> pg_backend_pid())
"""
"""Table, index, live and dead rows, who holds an older snapshot, and who a lock on the table."""


def shrunk(payments: Postgres, seen: list[Any]) -> bool:
    """Whether a VACUUM gave the table's end back: it leaves it beside an older snapshot or another's lock."""
    payments.execute("VACUUM account")
    row = payments.execute(SIZES).fetchone()
    assert row is not None
    seen[:] = row
    return row[0] < row[1]


@pytest.fixture
def grown(payments: Postgres) -> Iterator[None]:
    """One index of each kind that review is for; a bloated one is what many deletes leave."""
    payments.execute("VACUUM FULL account")  # rows of other tests at the table's end would hold it there
    payments.execute("CREATE INDEX odd_unused ON account (currency)")
    payments.execute("CREATE INDEX odd_twice ON account (user_id)")
    try:
        bloat(payments)
        yield
    finally:
        payments.execute("DROP INDEX IF EXISTS odd_unused, odd_twice")  # where the test has not


def bloat(payments: Postgres) -> None:
    owner, seen = uuid.uuid4(), list[Any]()
    payments.execute(
        "INSERT INTO account (id, user_id, currency)"
        " SELECT gen_random_uuid(), %s, 'EUR' FROM generate_series(1, %s)",
        (owner, ROWS),
    )
    payments.execute("DELETE FROM account WHERE user_id = %s", (owner,))
    assert wait_until(lambda: shrunk(payments, seen), 60, 1), seen


def test_review_names_one_of_each_kind_and_its_command_cures(
    sandbox: Context, payments: Postgres, grown: None
) -> None:
    found = reviewed(sandbox)
    assert found["unused", "account odd_unused"] == "swapctl schema apply --allow-drop 'index odd_unused'"
    assert found["duplicate", "account odd_twice"] == "swapctl schema apply --allow-drop 'index odd_twice'"
    assert found["over-sized", "account account_pkey"] == "REINDEX INDEX CONCURRENTLY account_pkey"
    for (kind, _), command in found.items():
        if kind == "over-sized":
            payments.execute(command)  # type: ignore[arg-type] - the review's own words
    dropped = ["--allow-drop", "index odd_unused", "--allow-drop", "index odd_twice"]
    done = CliRunner().invoke(app, ["apply", *dropped, "--context", sandbox.name])
    assert done.exit_code == 0, done.stderr
    left = {name for _, name in reviewed(sandbox)}
    assert not left & {"account odd_unused", "account odd_twice", "account account_pkey"}


def test_of_two_indexes_the_one_that_serves_less_is_the_duplicate(
    sandbox: Context, payments: Postgres
) -> None:
    payments.execute("CREATE INDEX odd_a ON account (currency)")
    payments.execute("CREATE INDEX odd_b ON account (currency) INCLUDE (balance)")
    payments.execute("CREATE INDEX odd_c ON account (currency text_pattern_ops)")
    payments.execute('CREATE INDEX odd_d ON account (currency COLLATE "C")')
    payments.execute("CREATE INDEX odd_e ON account (currency NULLS FIRST)")
    try:
        told = {name for kind, name in reviewed(sandbox) if kind == "duplicate"}
    finally:
        payments.execute("DROP INDEX odd_a, odd_b, odd_c, odd_d, odd_e")
    assert {name for name in told if "odd_" in name} == {"account odd_a"}


def behind(ctx: Context, member: str) -> float:
    """How far a replica is behind, in seconds, as `swapctl lag` shows it."""
    return next((lag.lag_seconds or 0.0 for lag in lags(ctx) if lag.member == member), 0.0)


def pruned_while_late(ctx: Context, count: Callable[[], int], catch_up: Callable[[], object]) -> list[Pruned]:
    """Prune in batches of 10 beside a replica that is late, which catches up after a look at what is left."""
    said: list[str] = []
    done: list[Pruned] = []
    worker = threading.Thread(
        target=lambda: done.extend(prune(ctx, said.append, batch=10, max_lag=LIMIT_S)), daemon=True
    )
    worker.start()
    try:
        assert wait_until(lambda: any(words.startswith("paused") for words in said), 60), said
        assert count() == 15
    finally:
        catch_up()
    worker.join(60)
    assert count() == 0, said
    return done


def test_prune_waits_for_a_secondary_that_is_late(sandbox: Context, root: Client) -> None:
    entry, old = registry.collection("messages"), datetime.now(UTC) - timedelta(days=366)
    samples, messages = Samples(seed=12), root["exchange"]["messages"]
    ended = [samples.document(entry, n, created_at=old) for n in range(25)]
    leader = primary(sandbox, "exchange-1")
    late = next(m.member for m in sandbox.of_kind("mongod-shard", "exchange-1") if m.member != leader)
    messages.insert_many(ended)
    with member_client(sandbox, late) as member:
        member.admin.command("fsync", lock=True)  # it answers and applies nothing
        try:

            def written() -> bool:
                messages.update_one({"_id": ended[0]["_id"]}, {"$set": {"text": uuid.uuid4().hex}})
                return behind(sandbox, late) > LIMIT_S

            assert wait_until(written, 60, 0.2)
            mine = {"_id": {"$in": [document["_id"] for document in ended]}}
            done = pruned_while_late(
                sandbox, lambda: messages.count_documents(mine), lambda: member.admin.command("fsyncUnlock")
            )
        finally:
            with contextlib.suppress(Exception):  # unlocked already
                member.admin.command("fsyncUnlock")
    assert [(p.count, p.batches) for p in done if p.object == "exchange.messages"] == [(25, 3)]


def test_prune_waits_for_a_standby_that_is_late(sandbox: Context, payments: Postgres) -> None:
    owner, hashed = uuid.uuid4(), "0" * 64
    payments.execute(
        "INSERT INTO idempotency_key (user_id, key, request_hash, created_at)"
        " SELECT %s, n::text, %s, now() - interval '400 days' FROM generate_series(1, 25) n",
        (owner, hashed),
    )

    def left() -> int:
        row = payments.execute("SELECT count(*) FROM idempotency_key WHERE user_id = %s", (owner,)).fetchone()
        return int((row or (0,))[0])

    def written() -> bool:
        payments.execute("SELECT pg_logical_emit_message(true, 'test', 'late')")
        return behind(sandbox, "pgdr1") > LIMIT_S

    # Patroni resumes a replay that is paused, so the link is cut instead
    sandbox.platform.stop("dr-link")
    try:
        assert wait_until(written, 60, 0.2)
        pruned_while_late(sandbox, left, lambda: sandbox.platform.start("dr-link"))
    finally:
        sandbox.platform.start("dr-link")


def test_a_month_ahead_is_made_again_and_takes_its_rows(sandbox: Context, payments: Postgres) -> None:
    table = registry.table("outbox")
    assert table.partitioning is not None
    month = wanted_months(table.partitioning, datetime.now(UTC).date())[-1]
    name = partition_name("outbox", month)
    payments.execute(f"DROP TABLE {name}")  # type: ignore[arg-type] - a name of ours
    assert [d.object for d in find_differences(sandbox) if name in d.object or name in d.detail]
    apply_schema(sandbox, lambda _: None)
    event = uuid.uuid4()
    payments.execute(
        "INSERT INTO outbox (id, aggregate_id, type, payload, created_at)"
        " VALUES (%s, %s, 'test.made', '{}', %s)",
        (event, event, month.first_day()),
    )
    row = payments.execute("SELECT tableoid::regclass::text FROM outbox WHERE id = %s", (event,)).fetchone()
    payments.execute("DELETE FROM outbox WHERE id = %s", (event,))
    assert row == (name,)
    assert find_differences(sandbox) == []


def aggregations(ctx: Context, member: str) -> int:
    """How many aggregations a member has answered since it started."""
    with member_client(ctx, member) as client:
        return int(client.admin.command("serverStatus")["metrics"]["commands"]["aggregate"]["total"])


def test_a_report_is_answered_by_a_secondary_with_the_bounds_of_the_age_of_its_data(sandbox: Context) -> None:
    leader = primary(sandbox, "exchange-1")
    members = [m.member for m in sandbox.of_kind("mongod-shard", "exchange-1")]
    before = {member: aggregations(sandbox, member) for member in members}
    with mongo_client(sandbox, "app") as client:
        found = [report(client, handle(client, "sessions"), [{"$count": "meetings"}]) for _ in range(10)]
    more = {member: aggregations(sandbox, member) - before[member] for member in members}
    assert sum(count for member, count in more.items() if member != leader) >= 10
    assert more[str(leader)] < 10  # it answers those of the servers themselves
    assert all(one.aged() == f"data {one.least_seconds} to about 90 s old" for one in found)
