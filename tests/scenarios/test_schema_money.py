"""What the application may not do with money, and how a balance that nobody can explain is found."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence

import psycopg
import pytest
from typer.testing import CliRunner

from cluster_cli.commands.schema import app
from cluster_cli.drills.workloads.payments import BALANCE, ENTRIES, INTENT, TRANSFER
from cluster_cli.engines.postgresql.connect import connect
from cluster_cli.schema.balances import reconcile
from infra.context import Context
from tests.scenarios.payments_database import Postgres, migrated_database, owner_of

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def database(sandbox: Context) -> Iterator[str]:
    with migrated_database(sandbox) as name:
        yield name


@pytest.fixture
def owner(sandbox: Context, database: str) -> Iterator[Postgres]:
    with owner_of(sandbox, database) as connection:
        yield connection


@pytest.fixture
def service(owner: Postgres) -> Iterator[Postgres]:
    """The application's role, in the scratch database (pgbouncer leads to the real one only)."""
    owner.execute("SET ROLE app")
    yield owner
    owner.execute("RESET ROLE")


def account(connection: Postgres, balance: int) -> uuid.UUID:
    key = uuid.uuid4()
    connection.execute(
        "INSERT INTO account (id, user_id, currency, balance) VALUES (%s, %s, 'EUR', %s)", (key, key, balance)
    )
    return key


def pay(connection: Postgres, payer: uuid.UUID, payee: uuid.UUID, amount: int) -> uuid.UUID:
    """A whole payment as the drills make it: the transfer, its two entries, both balances."""
    key = uuid.uuid4()
    with connection.transaction():
        connection.execute(TRANSFER, (key, payer, payee, amount))
        for one, change in ((payer, -amount), (payee, amount)):
            connection.execute(BALANCE, (change, one))
        connection.execute(ENTRIES, (key, payer, -amount, key, payee, amount))
    return key


def test_the_application_makes_payments_and_sends_them_again(service: Postgres) -> None:
    payer, payee, intent = account(service, 100), account(service, 0), uuid.uuid4()
    pay(service, payer, payee, 7)
    for _ in range(2):
        service.execute(INTENT, (intent, intent, 5))
    rows = service.execute("SELECT balance, opening FROM account WHERE id = %s", (payee,)).fetchall()
    assert rows == [(7, 0)]


FORBIDDEN = [
    "UPDATE payment_intent SET amount = 1",
    "UPDATE payment_intent SET currency = 'USD'",
    "UPDATE invoice SET amount = 1, status = 'paid'",
    "UPDATE invoice SET user_id = gen_random_uuid()",
    "UPDATE account SET currency = 'USD'",
    "UPDATE account SET opening = 0",
    "UPDATE subscription SET user_id = gen_random_uuid()",
    "UPDATE outbox SET payload = '{}'",
    "UPDATE idempotency_key SET request_hash = 'x'",
    "CREATE TEMPORARY TABLE transfer (id int)",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_application_cannot_rewrite_whose_money_it_is_or_how_much(
    service: Postgres, statement: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        service.execute(statement)  # type: ignore[arg-type] - a statement of ours


ALLOWED = [
    "UPDATE payment_intent SET status = 'failed'",
    "UPDATE invoice SET status = 'open'",
    "UPDATE account SET balance = balance",
    "UPDATE subscription SET status = 'active', end_at = now()",
    "UPDATE entitlement SET active = false",
    "UPDATE outbox SET published_at = now()",
    "UPDATE idempotency_key SET status_code = 200, answer = '{}'",
    "SELECT * FROM account FOR UPDATE",
]


@pytest.mark.parametrize("statement", ALLOWED)
def test_the_application_changes_what_the_registry_names(service: Postgres, statement: str) -> None:
    with service.transaction(force_rollback=True):
        assert service.execute(statement).rowcount >= 0  # type: ignore[arg-type] - a statement of ours


REWRITES = [
    "DELETE FROM ledger_entry WHERE transfer_id = %s AND amount < 0",
    "DELETE FROM ledger_entry WHERE transfer_id = %s",
    "UPDATE ledger_entry SET amount = amount * 2 WHERE transfer_id = %s",
]


@pytest.mark.parametrize("statement", REWRITES)
def test_an_entry_cannot_be_taken_away_even_by_the_owner(owner: Postgres, statement: str) -> None:
    key = pay(owner, account(owner, 100), account(owner, 0), 7)
    with pytest.raises(psycopg.errors.CheckViolation, match="one debit and one credit"):
        owner.execute(statement, (key,))  # type: ignore[arg-type] - a statement of ours


def test_an_entry_cannot_move_to_another_transfer(owner: Postgres) -> None:
    accounts = account(owner, 100), account(owner, 0)
    first, second = pay(owner, *accounts, 7), pay(owner, account(owner, 0), account(owner, 0), 7)
    query = "UPDATE ledger_entry e SET transfer_id = t.id, created_at = t.created_at FROM transfer t"
    with pytest.raises(psycopg.errors.CheckViolation, match=f"transfer ({first}|{second})"):
        owner.execute(f"{query} WHERE t.id = %s AND e.transfer_id = %s", (second, first))  # type: ignore[arg-type]


def test_a_transfer_leaves_together_with_its_entries(owner: Postgres) -> None:
    key = pay(owner, account(owner, 100), account(owner, 0), 7)
    with owner.transaction():
        owner.execute("DELETE FROM ledger_entry WHERE transfer_id = %s", (key,))
        owner.execute("DELETE FROM transfer WHERE id = %s", (key,))
    assert owner.execute("SELECT FROM transfer WHERE id = %s", (key,)).fetchone() is None


def test_a_table_of_the_session_does_not_stand_in_for_the_ledger(owner: Postgres) -> None:
    payer, payee, key = account(owner, 100), account(owner, 0), uuid.uuid4()
    with pytest.raises(psycopg.errors.CheckViolation, match="one debit and one credit"), owner.transaction():
        for table in ("transfer", "ledger_entry"):
            owner.execute(f"CREATE TEMPORARY TABLE {table} (LIKE public.{table}) ON COMMIT DROP")  # type: ignore[arg-type]
        owner.execute(
            "INSERT INTO public.transfer (id, from_account_id, to_account_id, amount, currency)"
            " VALUES (%s, %s, %s, 7, 'EUR')",
            (key, payer, payee),
        )


EVENT = "INSERT INTO outbox (id, aggregate_id, type, payload) VALUES (gen_random_uuid(), %s, 'a.b', %s)"


def test_events_of_one_transaction_have_one_instant_and_keep_their_order(service: Postgres) -> None:
    thing = uuid.uuid4()
    with service.transaction():
        for number in range(5):
            service.execute(EVENT, (thing, json.dumps({"n": number})))
    query = "SELECT created_at, (payload->>'n')::int FROM outbox WHERE aggregate_id = %s"
    rows = service.execute(f"{query} ORDER BY sequence_number", (thing,)).fetchall()  # type: ignore[arg-type]
    assert len({at for at, _ in rows}) == 1
    assert [number for _, number in rows] == list(range(5))


def test_nobody_chooses_an_events_number(service: Postgres) -> None:
    with pytest.raises(psycopg.errors.GeneratedAlways):
        service.execute(
            "INSERT INTO outbox (id, aggregate_id, type, payload, sequence_number)"
            " VALUES (gen_random_uuid(), gen_random_uuid(), 'a.b', '{}', 1)"
        )


def differing(connection: Postgres, accounts: Sequence[uuid.UUID]) -> list[int]:
    """What is unexplained of the given accounts."""
    wanted = {str(key) for key in accounts}
    return [u.unexplained for u in reconcile(connection, batch=2).unexplained if u.account in wanted]


def test_a_balance_that_no_entry_explains_is_found_and_detached_months_explain(owner: Postgres) -> None:
    accounts = account(owner, 500), account(owner, 0), account(owner, 9)
    pay(owner, *accounts[:2], 120)
    assert differing(owner, accounts) == []
    owner.execute("UPDATE account SET balance = balance + 100 WHERE id = %s", (accounts[1],))
    assert differing(owner, accounts) == [100]
    month = owner.execute("SELECT tableoid::regclass::text FROM ledger_entry LIMIT 1").fetchone()
    assert month is not None
    owner.execute(f"ALTER TABLE ledger_entry DETACH PARTITION {month[0]}")  # type: ignore[arg-type] - a name of ours
    assert differing(owner, accounts) == [100]
    owner.execute("UPDATE account SET balance = balance - 100 WHERE id = %s", (accounts[1],))
    assert differing(owner, accounts) == []


def test_the_command_says_so_with_its_exit_code(sandbox: Context) -> None:
    with connect(sandbox, via="proxy", autocommit=True) as connection:
        key = account(connection, 5)
        connection.execute("UPDATE account SET balance = 6 WHERE id = %s", (key,))
        done = CliRunner().invoke(app, ["balances", "-o", "json", "--context", sandbox.name])
        connection.execute("DELETE FROM account WHERE id = %s", (key,))
    assert done.exit_code == 3
    assert (str(key), 1) in [(u["account"], u["unexplained"]) for u in json.loads(done.stdout)["unexplained"]]
