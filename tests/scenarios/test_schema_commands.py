"""`swapctl schema` on a real cluster: plan, apply, diff, review, orphans, prune; each index serves."""

from __future__ import annotations

import contextlib
import json
import random
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from pymongo.errors import BulkWriteError
from typer.testing import CliRunner

from app_core.errors import SwapskillError
from app_core.schema import registry
from app_core.schema.model import Collection, Index
from app_core.schema.queries import equal_fields, mongo_filter, sql_select
from bench.samples import Samples
from cluster_cli.bootstrap.steps import StepLog
from cluster_cli.commands.schema import app
from cluster_cli.engines.mongodb import bound, member_client, mongo_client
from cluster_cli.engines.mongodb.clients import Client
from cluster_cli.engines.postgresql.connect import connect
from cluster_cli.schema.apply import apply_payments, apply_schema, find_differences, migrating
from cluster_cli.schema.orphans import scan
from cluster_cli.schema.prune import prune
from cluster_cli.schema.readers import declared, opened
from infra.context import Context

pytestmark = pytest.mark.cluster
INDEXES = [(c, i) for c in registry.collections() for i in c.indexes if i.query is not None]
TABLE_INDEXES = [(t, i) for t in registry.tables() for i in t.indexes if i.query is not None]
DOCUMENTS = 20
VALUES = {
    "uuid": uuid.UUID(int=1),
    "text": "expired",
    "timestamp with time zone": datetime.now(UTC),
    "date": datetime.now(UTC).date(),
    "bigint": 1,
}


@pytest.fixture(scope="module")
def root(sandbox: Context) -> Iterator[Client]:
    with mongo_client(sandbox, "root") as client:
        yield client


@pytest.fixture
def payments(sandbox: Context) -> Iterator[psycopg.Connection[Any]]:
    with contextlib.closing(connect(sandbox, via="proxy", autocommit=True)) as connection:
        yield connection


@pytest.fixture
def restored(sandbox: Context) -> Iterator[None]:
    """What a test breaks is applied again, dropping what it added; lost constraints are a person's to add."""
    yield
    with contextlib.closing(connect(sandbox, via="proxy", autocommit=True)) as connection:
        _put_back_the_constraints(connection)
    names = frozenset(d.name for d in find_differences(sandbox) if d.act == "drop")
    apply_schema(sandbox, lambda _: None, allowed=names)
    assert find_differences(sandbox) == []


@dataclass(frozen=True)
class Done:
    """What a command did."""

    returncode: int
    stdout: str
    stderr: str


def schema(ctx: Context, *arguments: str) -> Done:
    """`swapctl schema …` in this process; errors as main() would show them."""
    done = CliRunner().invoke(app, [*arguments, "--context", ctx.name])
    if isinstance(done.exception, SwapskillError):
        return Done(done.exception.exit_code, done.stdout, f"{done.exception} {done.exception.hint}")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Done(done.exit_code, done.stdout, done.stderr)


def test_a_second_apply_changes_nothing_and_nothing_differs(sandbox: Context) -> None:
    apply_schema(sandbox, lambda _: None)
    again = apply_schema(sandbox, lambda _: None)
    assert [step.name for step in again.steps if step.changed] == []
    done = schema(sandbox, "diff", "-o", "json")
    assert (done.returncode, json.loads(done.stdout)) == (0, [])
    assert schema(sandbox, "plan").stderr.strip() == "nothing to do"


def test_every_drift_is_named_and_cured(
    sandbox: Context, root: Client, payments: psycopg.Connection[Any], restored: None
) -> None:
    exchange = root["exchange"]
    exchange["messages"].drop_index("sender_id_1_created_at_1")
    exchange["messages"].create_index("lang", name="odd")
    exchange.command("collMod", "reviews", validator={}, validationLevel="off")
    exchange["stray"].insert_one({})
    payments.execute("ALTER TABLE account ADD COLUMN odd text")
    payments.execute("ALTER TABLE account DROP CONSTRAINT account_id_currency_key CASCADE")
    payments.execute("DROP INDEX account_user_id")
    done = schema(sandbox, "diff", "-o", "json")
    found = {(d["kind"], d["object"]) for d in json.loads(done.stdout)}
    assert done.returncode == 3
    assert found >= {
        ("missing-index", "exchange.messages sender_id_1_created_at_1"),
        ("extra-index", "exchange.messages odd"),
        ("validator", "exchange.reviews validator"),
        ("extra-collection", "exchange.stray"),
        ("extra-column", "column account.odd"),
        ("missing-constraint", "constraint account.account_id_currency_key"),
        ("missing-index", "index account_user_id"),
    }
    _put_back_the_constraints(payments)
    planned = json.loads(schema(sandbox, "plan", "-o", "json").stdout)
    assert {d["act"] for d in planned} == {"apply"}
    dropped = ("--allow-drop", "column account.odd", "--allow-drop", "exchange.messages.odd")
    applied = schema(sandbox, "apply", *dropped)
    assert applied.returncode == 0, applied.stderr
    assert "left as it is: exchange.stray" in applied.stderr
    assert [d.object for d in find_differences(sandbox)] == ["exchange.stray"]


@pytest.fixture
def elsewhere(root: Client) -> Iterator[None]:
    """A view, a database of nobody, and a shard in a second zone; taken away again."""
    zone = {"addShardToZone": "members-1", "zone": "exchange"}
    root["exchange"].create_collection("names", viewOn="messages", pipeline=[])
    root["attic"]["things"].insert_one({})
    root.admin.command(zone)
    yield
    root.admin.command({"removeShardFromZone": "members-1", "zone": "exchange"})
    root.drop_database("attic")
    root["exchange"].drop_collection("names")


def test_what_lies_elsewhere_is_named_and_left(sandbox: Context, elsewhere: None) -> None:
    wanted = {
        ("extra-view", "exchange.names", "drop"),
        ("extra-database", "attic", "person"),
        ("shard-zone", "members-1", "person"),
    }
    assert {(d.kind, d.object, d.act) for d in find_differences(sandbox)} == wanted
    apply_schema(sandbox, lambda _: None)
    assert {(d.kind, d.object, d.act) for d in find_differences(sandbox)} == wanted


def _put_back_the_constraints(connection: psycopg.Connection[Any]) -> None:
    """CASCADE took the foreign keys along: all come back as the catalogue has them."""
    from cluster_cli.schema.catalogue import parted, read_catalogue, wanted_catalogue

    lost = [
        (name.split("."), text)
        for (kind, name), live, text in parted(read_catalogue(connection), wanted_catalogue())
        if kind == "constraint" and live is None
    ]
    for (table, constraint), text in sorted(lost, key=lambda one: "FOREIGN" in str(one[1])):
        connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT {constraint} {text}")  # type: ignore[arg-type]


def test_an_unknown_name_to_drop_is_refused(sandbox: Context) -> None:
    done = schema(sandbox, "apply", "--allow-drop", "exchange.nothing")
    assert done.returncode == 2
    assert "exchange.nothing" in done.stderr


def test_a_contradiction_refuses_before_anything_is_done(
    sandbox: Context, root: Client, restored: None
) -> None:
    badges = root["members"]["badges"]
    index = next(i for i in registry.collection("badges").indexes if i.fields == ("code",))
    badges.drop_index(index.name)
    badges.create_index(list(index.keys), name=index.name)
    root["exchange"]["messages"].drop_index("sender_id_1_created_at_1")
    done = schema(sandbox, "apply")
    assert done.returncode == 6
    assert f"--allow-drop members.badges.{index.name}" in done.stderr
    assert "sender_id_1_created_at_1" not in root["exchange"]["messages"].index_information()


def test_an_expiry_waits_for_its_name_where_documents_are(
    sandbox: Context, root: Client, restored: None
) -> None:
    seed = random.randrange(2**32)
    token = Samples(seed=seed).document(registry.collection("refresh_tokens"), seed)
    tokens = root["members"]["refresh_tokens"]
    tokens.insert_one(token)
    tokens.drop_index("expires_at_1")
    left = schema(sandbox, "apply")
    assert left.returncode == 0, left.stderr
    assert "left as it is: members.refresh_tokens expires_at_1" in left.stderr
    assert "expires_at_1" not in tokens.index_information()
    named = schema(sandbox, "apply", "--allow-drop", "members.refresh_tokens.expires_at_1")
    assert named.returncode == 0, named.stderr
    assert "expires_at_1" in tokens.index_information()
    tokens.delete_one({"_id": token["_id"]})


# -- indexes


def winning(plan: Any) -> Iterator[dict[str, Any]]:
    """The stages of the winning plans, on every shard."""
    if isinstance(plan, dict):
        if "stage" in plan:
            yield plan
        for name, part in plan.items():
            if name != "rejectedPlans":
                yield from winning(part)
    elif isinstance(plan, list):
        for part in plan:
            yield from winning(part)


def explain(client: Client, collection: Collection, index: Index, wanted: dict[str, Any]) -> dict[str, Any]:
    assert index.query is not None
    find: dict[str, Any] = {"find": collection.name, "filter": mongo_filter(index.query, wanted)}
    if index.query.sort:
        find["sort"] = dict(index.query.sort)
    command = {"explain": {**find, "limit": index.query.limit}, "verbosity": "queryPlanner"}
    plan = client[collection.segment].command(command, codec_options=client.codec_options)
    return plan["queryPlanner"]["winningPlan"]


@pytest.mark.parametrize(("collection", "index"), INDEXES, ids=[f"{c.name}-{i.name}" for c, i in INDEXES])
def test_each_index_serves_its_query(root: Client, collection: Collection, index: Index) -> None:
    assert index.query is not None
    samples = Samples()
    asked = {condition.field.partition(".")[0] for condition in index.query.conditions}
    some = (samples.document(collection, n) for n in range(6))
    first = next(document for document in some if asked <= document.keys())
    # alike in all keys but the last: then only the index that has them all is the best one
    alike = {name: first[name] for name in index.fields[:-1] if name in first}
    documents = [first] + [samples.document(collection, n, **alike) for n in range(1, DOCUMENTS)]
    target = bound(root, collection)
    with contextlib.suppress(BulkWriteError):  # alike documents may break another constraint
        target.insert_many(documents, ordered=False)
    try:
        stages = list(winning(explain(root, collection, index, first)))
    finally:
        target.delete_many({"_id": {"$in": [d["_id"] for d in documents]}})
    assert not [s for s in stages if s["stage"] == "COLLSCAN"]
    used = {s["indexName"] for s in stages if "indexName" in s}
    assert any(name == index.name or as_good(collection, name, index) for name in used), used


def as_good(collection: Collection, name: str, index: Index) -> bool:
    """Whether the index of that name finds the same: it has all keys in front, or one document at most."""
    assert index.query is not None
    other = next((i for i in collection.indexes if i.name == name), None)
    if other is None:
        return False
    single = other.unique and other.partial is None and set(other.fields) <= equal_fields(index.query)
    return single or other.keys[: len(index.keys)] == index.keys


@pytest.mark.parametrize(("table", "index"), TABLE_INDEXES, ids=[i.name for _, i in TABLE_INDEXES])
def test_each_index_of_a_table_serves_its_query(
    payments: psycopg.Connection[Any], table: Any, index: Index
) -> None:
    assert index.query is not None
    statement, columns = sql_select(index.query, table.name)
    types = {column.name: column.type for column in table.columns}
    values = [VALUES[types[name]] for name in columns]
    with payments.transaction(force_rollback=True):
        payments.execute("SET LOCAL enable_seqscan = off")
        row = payments.execute(f"EXPLAIN (FORMAT JSON) {statement}", values).fetchone()  # type: ignore[arg-type]
        assert row is not None
        used = set(index_names(row[0][0]["Plan"]))
        parents = {parent(payments, name) for name in used}
    assert index.name in parents, used


def index_names(plan: dict[str, Any]) -> Iterator[str]:
    if "Index Name" in plan:
        yield plan["Index Name"]
    for part in plan.get("Plans", ()):
        yield from index_names(part)


def parent(connection: psycopg.Connection[Any], name: str) -> str:
    """The index of the partitioned table that a partition's index belongs to; else the index itself."""
    row = connection.execute(
        "SELECT coalesce(pg_partition_root(%s::regclass), %s::regclass)::regclass::text", (name, name)
    ).fetchone()
    assert row is not None
    return row[0]


# -- orphans, prune, review


def test_orphans_are_found_across_the_databases_and_only_they(
    sandbox: Context, root: Client, payments: psycopg.Connection[Any]
) -> None:
    samples = Samples(seed=7)
    user = samples.document(registry.collection("users"), 1)
    meeting = samples.document(registry.collection("sessions"), 1)
    talk = [samples.document(registry.collection("messages"), n) for n in range(3)]
    for message in talk[:2]:
        message["session_id"] = meeting["session_id"]
    account, stranger = uuid.uuid4(), uuid.uuid4()
    with opened(sandbox) as readers:
        wanted = [*declared(readers, "messages.session_id"), *declared(readers, "account.user_id")]
        before = {one.reference: one.orphans for one in scan(wanted, readers)}
        root["members"]["users"].insert_one(user)
        root["exchange"]["sessions"].insert_one(meeting)
        root["exchange"]["messages"].insert_many(talk)
        for key, owner in ((account, user["user_id"]), (stranger, uuid.uuid4())):
            payments.execute(
                "INSERT INTO account (id, user_id, currency) VALUES (%s, %s, 'EUR')", (key, owner)
            )
        after = {one.reference: one.orphans for one in scan(wanted, readers, batch=2)}
    payments.execute("DELETE FROM account WHERE id = ANY (%s)", ([account, stranger],))
    root["exchange"]["messages"].delete_many({"_id": {"$in": [m["_id"] for m in talk]}})
    root["exchange"]["sessions"].delete_one({"_id": meeting["_id"]})
    root["members"]["users"].delete_one({"_id": user["_id"]})
    assert {name: after[name] - before[name] for name in after} == {
        "exchange.messages.session_id -> exchange.sessions.session_id": 1,
        "payments.account.user_id -> members.users.user_id": 1,
    }


def test_orphans_says_so_with_its_exit_code(sandbox: Context, root: Client) -> None:
    lonely = Samples(seed=8).document(registry.collection("user_badges"), 1)
    root["members"]["user_badges"].insert_one(lonely)
    done = schema(sandbox, "orphans", "--reference", "user_badges.badge_id", "-o", "json")
    root["members"]["user_badges"].delete_one({"_id": lonely["_id"]})
    assert done.returncode == 3
    assert str(lonely["_id"]) in json.loads(done.stdout)[0]["examples"][0]


def test_an_account_without_its_confirmed_claim_is_found(sandbox: Context, root: Client) -> None:
    samples, users = Samples(seed=11), registry.collection("users")
    accounts = [samples.document(users, n, email=f"{uuid.uuid4()}@example.org") for n in range(4)]
    claims = [
        {"_id": a["_id"], "email": a["email"], "user_id": a["user_id"], "state": "CONFIRMED"}
        for a in accounts
    ]
    claims[1]["state"] = "PENDING"
    claims[2]["user_id"] = accounts[0]["user_id"]  # somebody else has the address
    members, now = root["members"], datetime.now(UTC)
    members["users"].insert_many(accounts)
    members["user_emails"].insert_many({**claim, "created_at": now} for claim in claims[:3])
    done = schema(sandbox, "orphans", "--reference", "that is CONFIRMED", "-o", "json")
    for name in ("users", "user_emails"):
        members[name].delete_many({"_id": {"$in": [a["_id"] for a in accounts]}})
    found = {one["reference"].split(" ")[0]: set(one["examples"]) for one in json.loads(done.stdout)}
    assert done.returncode == 3
    assert {f"{a['_id']} -> {a['email']}" for a in (accounts[1], accounts[3])} <= found["members.users.email"]
    assert {f"{a['_id']} -> {a['user_id']}" for a in accounts[1:]} <= found["members.users.user_id"]
    assert str(accounts[0]["_id"]) not in done.stdout


def test_a_claim_without_account_is_an_orphan_once_it_is_confirmed(sandbox: Context, root: Client) -> None:
    claims = [
        Samples(seed=seed).document(
            registry.collection("user_emails"), 1, email=f"{uuid.uuid4()}@example.org", state=state
        )
        for seed, state in ((14, "PENDING"), (15, "CONFIRMED"))
    ]
    pending, confirmed = claims
    root["members"]["user_emails"].insert_many(claims)
    done = schema(sandbox, "orphans", "--reference", "members.user_emails.user_id ->", "-o", "json")
    root["members"]["user_emails"].delete_many({"_id": {"$in": [claim["_id"] for claim in claims]}})
    assert done.returncode == 3
    assert f"{confirmed['_id']} -> {confirmed['user_id']}" in json.loads(done.stdout)[0]["examples"]
    assert str(pending["_id"]) not in done.stdout


def test_prune_ends_what_is_over_and_nothing_else(
    sandbox: Context, root: Client, payments: psycopg.Connection[Any]
) -> None:
    prune(sandbox, lambda _: None, batch=10_000, max_lag=30)  # what drills wrote has a fixed date
    collection = registry.collection("messages")
    old = datetime.now(UTC) - timedelta(days=366)
    samples = Samples(seed=9)
    ended = [samples.document(collection, n, created_at=old) for n in range(25)]
    kept = samples.document(collection, 99)
    root["exchange"]["messages"].insert_many([*ended, kept])
    payments.execute(
        "CREATE TABLE IF NOT EXISTS outbox_2020_01 PARTITION OF outbox"
        " FOR VALUES FROM ('2020-01-01 00:00:00+00') TO ('2020-02-01 00:00:00+00')"
    )
    dry = prune(sandbox, lambda _: None, batch=10, max_lag=30, dry_run=True)
    assert {(p.object, p.count) for p in dry} >= {
        ("exchange.messages", 25),
        ("payments.outbox_2020_01", 1),
    }
    said: list[str] = []
    done = {p.object: p for p in prune(sandbox, said.append, batch=10, max_lag=30)}
    assert (done["exchange.messages"].count, done["exchange.messages"].batches) == (25, 3)
    assert root["exchange"]["messages"].count_documents({"_id": kept["_id"]}) == 1
    root["exchange"]["messages"].delete_one({"_id": kept["_id"]})
    attached = payments.execute("SELECT relispartition FROM pg_class WHERE relname = 'outbox_2020_01'")
    assert attached.fetchone() == (False,)
    assert find_differences(sandbox) == []
    payments.execute("DROP TABLE outbox_2020_01")
    assert prune(sandbox, lambda _: None, batch=10, max_lag=30) == []


def test_a_meeting_stays_until_its_chat_has_ended(sandbox: Context, root: Client) -> None:
    """Its last message is younger than a year: without the meeting it would lead nowhere."""
    samples, exchange = Samples(seed=13), root["exchange"]
    start = datetime.now(UTC) - timedelta(days=731)
    sessions = [
        samples.document(
            registry.collection("sessions"),
            number,
            start_at=start,
            end_at=start + timedelta(hours=1),
            status="DONE",
        )
        for number in range(5)
    ]
    last = samples.document(registry.collection("messages"), 1, session_id=sessions[0]["session_id"])
    exchange["sessions"].insert_many(sessions)
    exchange["messages"].insert_one(last)

    def ended(**options: Any) -> int:
        found = prune(sandbox, lambda _: None, batch=2, max_lag=30, **options)
        return sum(p.count for p in found if p.object == "exchange.sessions")

    try:
        assert ended(dry_run=True) == 4
        assert ended() == 4
        assert exchange["sessions"].count_documents({"_id": sessions[0]["_id"]}) == 1
    finally:
        exchange["messages"].delete_one({"_id": last["_id"]})
    assert ended() == 1


def test_review_names_unused_and_duplicate_indexes(sandbox: Context, root: Client, restored: None) -> None:
    root["exchange"]["messages"].create_index("sender_id", name="half")
    done = schema(sandbox, "review", "--since", "1ms", "-o", "json")
    found = {(f["kind"], f["object"]): f["command"] for f in json.loads(done.stdout)}
    assert done.returncode == 0
    drop = "swapctl schema apply --allow-drop exchange.messages.half"
    assert found["duplicate", "exchange.messages half"] == drop
    assert found["unused", "exchange.messages half"] == drop


def test_statistics_that_nobody_keeps_are_a_difference_and_made_again(
    sandbox: Context, payments: psycopg.Connection[Any]
) -> None:
    payments.execute("DROP EXTENSION pg_stat_statements")
    told = [(d.kind, d.object) for d in find_differences(sandbox)]
    assert told == [("missing-statistics", "extension pg_stat_statements")]
    assert schema(sandbox, "apply").returncode == 0
    assert find_differences(sandbox) == []


def test_a_statement_that_scans_is_told_with_the_index_to_make(
    sandbox: Context, payments: psycopg.Connection[Any]
) -> None:
    payments.execute("SELECT stats.pg_stat_statements_reset()")
    owner = uuid.uuid4()
    payments.execute(
        "INSERT INTO account (id, user_id, currency) SELECT gen_random_uuid(), %s, 'EUR'"
        " FROM generate_series(1, 20000)",
        (owner,),
    )
    payments.execute("SELECT count(*) FROM account WHERE balance = %s", (17,))
    done = schema(sandbox, "review", "-o", "json")
    payments.execute("DELETE FROM account WHERE user_id = %s", (owner,))
    missing = [f for f in json.loads(done.stdout) if f["kind"] == "missing"]
    assert ["account" for f in missing if "ON account (balance)" in f["command"]] == ["account"]


def test_a_scan_of_a_partition_is_told_as_its_table_with_what_postgresql_takes(
    sandbox: Context, payments: psycopg.Connection[Any]
) -> None:
    payments.execute("SELECT stats.pg_stat_statements_reset()")
    thing = uuid.uuid4()
    payments.execute(
        "INSERT INTO outbox (id, aggregate_id, type, payload) SELECT gen_random_uuid(), %s, 'a.b', '{}'"
        " FROM generate_series(1, 20000)",
        (thing,),
    )
    payments.execute("SELECT count(*) FROM outbox WHERE type = %s", ("b.c",))
    done = schema(sandbox, "review", "-o", "json")
    payments.execute("DELETE FROM outbox WHERE aggregate_id = %s", (thing,))
    commands = [f["command"] for f in json.loads(done.stdout) if f["object"] == "outbox"]
    (command,) = (c for c in commands if "outbox_type" in c)
    statement = command.removeprefix("a new migration: ").partition(", then")[0]
    with payments.transaction(force_rollback=True):
        payments.execute(statement)  # type: ignore[arg-type] - the review's own words


def test_a_query_that_scans_is_told_with_the_index_to_make(sandbox: Context, root: Client) -> None:
    members = [m.member for m in sandbox.of_kind("mongod-shard") if m.group.startswith("exchange")]
    document = Samples(seed=10).document(registry.collection("messages"), 1)
    root["exchange"]["messages"].insert_one(document)
    _slow_is(sandbox, members, 0)
    list(root["exchange"]["messages"].find({"lang": document["lang"]}))
    _slow_is(sandbox, members, 100)
    done = schema(sandbox, "review", "-o", "json")
    root["exchange"]["messages"].delete_one({"_id": document["_id"]})
    commands = [f["command"] for f in json.loads(done.stdout) if f["object"] == "exchange.messages"]
    assert any('Index((("lang", 1),)' in command for command in commands), done.stdout


def _slow_is(ctx: Context, members: list[str], milliseconds: int) -> None:
    """What the members write to their log as slow."""
    for member in members:
        with member_client(ctx, member) as client:
            client["exchange"].command("profile", 0, slowms=milliseconds)


def test_two_runners_take_turns(sandbox: Context) -> None:
    """The second waits for the first one's advisory lock instead of failing or running beside it."""
    order: list[str] = []
    with migrating(sandbox):

        def second() -> None:
            apply_payments(sandbox, StepLog())
            order.append("b")

        other = threading.Thread(target=second)
        other.start()
        other.join(0.5)
        order.append("a")
    other.join()
    assert order == ["a", "b"]
