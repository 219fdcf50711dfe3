"""What the registry promises holds on a real cluster: constraints refuse, indexes are there."""

from __future__ import annotations

import contextlib
import random
import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
import pytest
from psycopg import sql
from pymongo.errors import DuplicateKeyError, WriteError

from app_core.schema import registry
from app_core.schema.model import Collection, Table
from app_core.schema.tabular import StateMachine
from bench.samples import Samples
from cluster_cli.engines.mongodb.clients import mongo_client
from cluster_cli.engines.mongodb.handles import handle
from cluster_cli.engines.postgresql.connect import connect
from infra.context import Context
from tests.docs.seed_dictionary import COLLECTIONS, TABLES, Keys, Shape, lacking, shapes, wrong_fields
from tests.scenarios.shard_indexes import Indexes, indexes_on_shards, wrong_on_shards

pytestmark = pytest.mark.cluster
Accounts = tuple[uuid.UUID, uuid.UUID]
Entry = tuple[int, int]  # which account, amount
PG_INDEXES = """
SELECT array_agg(a.attname::text ORDER BY k.n), i.indisunique, i.indpred IS NOT NULL
  FROM pg_index i CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (attnum, n)
  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
 WHERE i.indrelid = to_regclass(%s) GROUP BY i.indexrelid, i.indisunique, i.indpred
"""


def accounts(ctx: Context) -> Accounts:
    """Two new accounts in euro."""
    payer, payee = uuid.uuid4(), uuid.uuid4()
    with connect(ctx, "app") as connection:
        for account in (payer, payee):
            connection.execute(
                "INSERT INTO account (id, user_id, currency) VALUES (%s, %s, 'EUR')", (account, account)
            )
    return payer, payee


def transfer(ctx: Context, of: Accounts, entries: Sequence[Entry], currency: str = "EUR") -> None:
    """A transfer of 5.00 with the given ledger entries, in one transaction."""
    key = uuid.uuid4()
    with connect(ctx, "app") as connection:
        connection.execute(
            "INSERT INTO transfer (id, from_account_id, to_account_id, amount, currency) "
            "VALUES (%s, %s, %s, 500, %s)",
            (key, *of, currency),
        )
        for account, amount in entries:
            connection.execute(
                "INSERT INTO ledger_entry (transfer_id, account_id, amount) VALUES (%s, %s, %s)",
                (key, of[account], amount),
            )


def test_a_balanced_transfer_is_taken(sandbox: Context) -> None:
    transfer(sandbox, accounts(sandbox), [(0, -500), (1, 500)])


UNBALANCED = {
    "no entries": [],
    "one entry": [(0, -500)],
    "wrong way": [(0, 500), (1, -500)],
    "other amount": [(0, -400), (1, 400)],
}


@pytest.mark.parametrize("entries", UNBALANCED.values(), ids=UNBALANCED.keys())
def test_an_unbalanced_transfer_is_refused(sandbox: Context, entries: Sequence[Entry]) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="one debit and one credit"):
        transfer(sandbox, accounts(sandbox), entries)


def test_money_of_another_currency_is_refused(sandbox: Context) -> None:
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        transfer(sandbox, accounts(sandbox), [(0, -500), (1, 500)], currency="USD")


@pytest.mark.parametrize(
    "statement", ["DELETE FROM ledger_entry", "UPDATE transfer SET amount = 1", "DROP TABLE account"]
)
def test_the_application_cannot_rewrite_the_ledger(sandbox: Context, statement: str) -> None:
    with connect(sandbox, "app") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)  # type: ignore[arg-type] - a statement of ours


@pytest.fixture(scope="module")
def on_shards(sandbox: Context) -> dict[str, dict[str, Indexes]]:
    """namespace -> shard that holds it -> its indexes."""
    return indexes_on_shards(sandbox, registry.collections())


@pytest.mark.parametrize("entry", registry.collections(), ids=lambda entry: entry.name)
def test_live_indexes_are_the_registrys_on_every_shard(
    on_shards: dict[str, dict[str, Indexes]], entry: Collection
) -> None:
    on = on_shards[entry.namespace]
    assert on
    assert wrong_on_shards(entry, on) == []
    (live, *_) = on.values()
    unique = {name for name, index in live.items() if index.get("unique") and name != "_id_"}
    assert unique == {index.name for index in entry.indexes if index.unique}


def test_a_member_reviews_a_meeting_once(sandbox: Context) -> None:
    review = Samples(seed=random.randrange(2**32)).document(registry.collection("reviews"), 1)
    again = {**review, "_id": uuid.uuid4(), "review_id": uuid.uuid4()}
    with mongo_client(sandbox, "app") as client:
        reviews = handle(client, "reviews")
        reviews.insert_one(review)
        with pytest.raises(DuplicateKeyError):
            reviews.insert_one(again)


def test_a_document_of_another_shape_is_refused(sandbox: Context) -> None:
    review = Samples(seed=random.randrange(2**32)).document(registry.collection("reviews"), 1)
    with mongo_client(sandbox, "app") as client, pytest.raises(WriteError) as refused:
        handle(client, "reviews").insert_one({**review, "stars": 6})
    assert refused.value.code == 121


@pytest.mark.parametrize("name", COLLECTIONS)
def test_the_documents_indexes_are_live_in_mongodb(sandbox: Context, name: str) -> None:
    wanted = COLLECTIONS[name]
    with mongo_client(sandbox) as client:
        live = list(handle(client, wanted["collection"]).list_indexes())
    assert lacking(wanted, [(_keys(index), bool(index.get("unique"))) for index in live]) == []
    ends = {next(iter(index["key"])) for index in live if "expireAfterSeconds" in index}
    assert "ttl" not in wanted or wanted["ttl"] in ends


def _keys(index: Mapping[str, Any]) -> Keys:
    if "weights" in index:
        return tuple((name, "text") for name in index["weights"])
    return tuple((name, kind if isinstance(kind, str) else int(kind)) for name, kind in index["key"].items())


@pytest.mark.parametrize("name", TABLES)
def test_the_documents_indexes_are_live_in_postgresql(sandbox: Context, name: str) -> None:
    wanted = TABLES[name]
    with connect(sandbox, via="proxy") as connection:
        rows = connection.execute(PG_INDEXES, (wanted["table"],)).fetchall()
    found = [(tuple((column, 1) for column in columns), unique) for columns, unique, _ in rows]
    assert rows
    assert lacking(wanted, found) == []
    if "one_active" in wanted:
        assert any(c == [wanted["one_active"]] and unique and partial for c, unique, partial in rows)


@pytest.mark.parametrize("name", COLLECTIONS)
def test_the_documents_fields_are_in_the_live_validators(sandbox: Context, name: str) -> None:
    wanted = COLLECTIONS[name]
    entry = registry.collection(wanted["collection"])
    with mongo_client(sandbox) as client:
        (live,) = client[entry.segment].list_collections(filter={"name": entry.name})
    (schema,) = (
        part["$jsonSchema"] for part in live["options"]["validator"]["$and"] if "$jsonSchema" in part
    )
    assert wrong_fields(wanted, shapes(schema)) == []


PG_COLUMNS = """
SELECT column_name, is_nullable = 'YES' FROM information_schema.columns
 WHERE table_schema = 'public' AND table_name = %s
"""
PG_CHECKS = """
SELECT u.column_name, c.check_clause FROM information_schema.check_constraints c
  JOIN information_schema.constraint_column_usage u USING (constraint_schema, constraint_name)
 WHERE u.table_schema = 'public' AND u.table_name = %s
"""


@pytest.mark.parametrize("name", TABLES)
def test_the_documents_fields_are_in_the_live_tables(sandbox: Context, name: str) -> None:
    wanted = TABLES[name]
    with connect(sandbox, via="proxy") as connection:
        columns = connection.execute(PG_COLUMNS, (wanted["table"],)).fetchall()
        checks = connection.execute(PG_CHECKS, (wanted["table"],)).fetchall()
    values = {
        column: frozenset(re.findall(r"'(\w+)'::text", clause))
        for column, clause in checks
        if "ANY" in clause
    }
    there = {column: Shape(may, values=values.get(column, frozenset())) for column, may in columns}
    assert there
    assert wrong_fields(wanted, there) == []


PENDING = """INSERT INTO subscription (id, user_id, plan, status, start_at, end_at)
VALUES (%s, %s, 'vip', 'pending', now(), now() + interval '1 month')"""


def test_a_member_has_at_most_one_active_subscription(sandbox: Context) -> None:
    user, first, second = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    with connect(sandbox, "app", autocommit=True) as connection:
        for one in (first, second):
            connection.execute(PENDING, (one, user))
        connection.execute("UPDATE subscription SET status = 'active' WHERE id = %s", (first,))
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("UPDATE subscription SET status = 'active' WHERE id = %s", (second,))
        connection.execute("UPDATE subscription SET status = 'cancelled' WHERE id = %s", (first,))
        connection.execute("UPDATE subscription SET status = 'active' WHERE id = %s", (second,))


STEPS = [
    (table, before, after)
    for table in registry.tables()
    if table.states
    for before in ("", *table.states.states)
    for after in table.states.states
    if before != after
]


@pytest.mark.parametrize(("table", "before", "after"), STEPS, ids=lambda v: getattr(v, "name", v))
def test_states_change_by_their_machine_only(sandbox: Context, table: Table, before: str, after: str) -> None:
    """A real row is led to the state; the step from there passes or is refused, and is then not made."""
    with connect(sandbox, "app", autocommit=True) as connection:
        judge_step(connection, table, before, after)


def judge_step(connection: psycopg.Connection[Any], table: Table, before: str, after: str) -> None:
    assert table.states is not None
    allowed = (before, after) in table.states.steps or (not before and after in table.states.initial)
    key = uuid.uuid4()
    way = path_to(table.states, before)
    if way:
        begin(connection, table.name, key, way[0])
    for state in way[1:]:
        step(connection, table.name, key, state)
    with contextlib.nullcontext() if allowed else pytest.raises(psycopg.errors.CheckViolation):
        (step if before else begin)(connection, table.name, key, after)
    query = sql.SQL("SELECT status FROM {} WHERE id = %s").format(sql.Identifier(table.name))
    row = connection.execute(query, (key,)).fetchone()
    assert (row or ("",))[0] == (after if allowed else before)


def path_to(machine: StateMachine, state: str) -> list[str]:
    """The shortest way from a beginning to the state, both included; empty for the state before all."""
    ways = [[first] for first in machine.initial] if state else []
    while ways and ways[0][-1] != state:
        ways = [
            *ways[1:],
            *([*ways[0], b] for a, b in machine.steps if a == ways[0][-1] and b not in ways[0]),
        ]
    return ways[0] if ways else []


def begin(connection: psycopg.Connection[Any], table: str, key: uuid.UUID, status: str) -> None:
    """A row of a new member in that state."""
    if table == "invoice":
        begin(connection, "payment_intent", key, "pending")
    connection.execute(BEGINNINGS[table], {"id": key, "status": status})


def step(connection: psycopg.Connection[Any], table: str, key: uuid.UUID, status: str) -> None:
    change = sql.SQL("UPDATE {} SET status = %s WHERE id = %s").format(sql.Identifier(table))
    changed = connection.execute(change, (status, key))
    assert changed.rowcount == 1


BEGINNINGS: Mapping[str, Any] = {
    "payment_intent": """INSERT INTO payment_intent (id, user_id, amount, currency, status)
VALUES (%(id)s, %(id)s, 5, 'EUR', %(status)s)""",
    "subscription": """INSERT INTO subscription (id, user_id, plan, status, start_at, end_at)
VALUES (%(id)s, %(id)s, 'vip', %(status)s, now(), now() + interval '1 month')""",
    "invoice": """INSERT INTO invoice (id, user_id, payment_intent_id, amount, currency, due_date, status)
VALUES (%(id)s, %(id)s, %(id)s, 5, 'EUR', now(), %(status)s)""",
}


def test_every_state_machine_can_be_begun_and_its_states_reached() -> None:
    machines = {table.name: table.states for table in registry.tables() if table.states}
    assert set(machines) == set(BEGINNINGS)
    assert all(path_to(machine, state) for machine in machines.values() for state in machine.states)


@pytest.mark.parametrize("status", ["succeeded", "failed", "cancelled"])
def test_a_payment_cannot_begin_at_its_end_or_leave_it(sandbox: Context, status: str) -> None:
    new = "INSERT INTO payment_intent (id, user_id, amount, currency, status) VALUES (%s, %s, 5, 'EUR', %s)"
    intent = uuid.uuid4()
    with connect(sandbox, "app", autocommit=True) as connection:
        with pytest.raises(psycopg.errors.CheckViolation, match="cannot begin as"):
            connection.execute(new, (intent, intent, status))
        connection.execute(new, (intent, intent, "pending"))
        connection.execute("UPDATE payment_intent SET status = %s WHERE id = %s", (status, intent))
        with pytest.raises(psycopg.errors.CheckViolation, match="cannot go from"):
            connection.execute("UPDATE payment_intent SET status = 'pending' WHERE id = %s", (intent,))


def test_an_entry_lies_in_the_month_of_its_transfer(sandbox: Context) -> None:
    of = accounts(sandbox)
    transfer(sandbox, of, [(0, -500), (1, 500)])
    with connect(sandbox, via="proxy") as connection:
        rows = connection.execute(
            "SELECT DISTINCT tableoid::regclass::text, to_char(created_at AT TIME ZONE 'UTC', 'YYYY_MM') "
            "FROM ledger_entry WHERE account_id = %s",
            (of[0],),
        ).fetchall()
    assert [name for name, _ in rows] == [f"ledger_entry_{month}" for _, month in rows]
    assert len(rows) == 1
