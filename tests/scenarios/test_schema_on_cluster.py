"""What the registry promises holds on a real cluster: constraints refuse, indexes are there."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import psycopg
import pytest
from pymongo.errors import DuplicateKeyError

from app_core.schema import registry
from app_core.schema.model import Collection
from cluster_cli.engines.mongodb.clients import mongo_client
from cluster_cli.engines.mongodb.handles import bound, handle
from cluster_cli.engines.postgresql.connect import connect
from infra.context import Context

pytestmark = pytest.mark.cluster
Accounts = tuple[uuid.UUID, uuid.UUID]
Entry = tuple[int, int]  # which account, amount


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
        connection.execute(statement)  # type: ignore[arg-type]


@pytest.mark.parametrize("entry", registry.collections(), ids=lambda entry: entry.name)
def test_live_indexes_are_the_registrys(sandbox: Context, entry: Collection) -> None:
    with mongo_client(sandbox) as client:
        live = bound(client, entry).index_information()
    unique = {name for name, index in live.items() if index.get("unique") and name != "_id_"}
    assert {index.name for index in entry.indexes} <= live.keys()
    assert unique == {index.name for index in entry.indexes if index.unique}


def test_a_member_reviews_a_meeting_once(sandbox: Context) -> None:
    review = {"session_id": uuid.uuid4().hex, "reviewer_id": uuid.uuid4().hex}
    with mongo_client(sandbox, "app") as client:
        reviews = handle(client, "reviews")
        reviews.insert_one(dict(review))
        with pytest.raises(DuplicateKeyError):
            reviews.insert_one(dict(review))


def test_an_address_is_claimed_once(sandbox: Context) -> None:
    claim = {"email": f"{uuid.uuid4().hex}@example.org"}
    with mongo_client(sandbox, "app") as client:
        claims = handle(client, "user_emails")
        claims.insert_one(dict(claim))
        with pytest.raises(DuplicateKeyError):
            claims.insert_one(dict(claim))
