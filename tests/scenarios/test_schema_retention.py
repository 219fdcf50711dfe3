"""Retention on a live payments database: what is referred to waits, what is not published stays."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from cluster_cli.engines.postgresql.connect import connect
from cluster_cli.schema.prune import prune
from cluster_cli.schema.pruned import Pruned
from infra.context import Context

pytestmark = pytest.mark.cluster
Postgres = psycopg.Connection[Any]
Prune = Callable[[], list[Pruned]]
OLD = "2010-01-15"
MONTH = "2010_01"


@pytest.fixture
def payments(sandbox: Context) -> Iterator[Postgres]:
    with contextlib.closing(connect(sandbox, via="proxy", autocommit=True)) as connection:
        yield connection


@pytest.fixture
def run(sandbox: Context) -> Prune:
    return lambda: prune(sandbox, lambda _: None, batch=2, max_lag=30)


def outcome(run: Prune, *names: str) -> dict[str, tuple[str, int]]:
    """What became of the named tables: name -> (action, count)."""
    found = {p.object.removeprefix("payments."): (p.action, p.count) for p in run()}
    return {name: found[name] for name in names if name in found}


def left(payments: Postgres, table: str, ids: list[uuid.UUID], column: str = "id") -> int:
    query = f"SELECT count(*) FROM {table} WHERE {column} = ANY (%s)"
    return int((payments.execute(query, (ids,)).fetchone() or (0,))[0])  # type: ignore[arg-type] - names of ours


def subscribed(payments: Postgres) -> uuid.UUID:
    """A subscription that ended long ago, with two entitlements."""
    key = uuid.uuid4()
    payments.execute(
        "INSERT INTO subscription VALUES (%s, %s, 'vip', 'pending', '2009-01-01', %s, %s)",
        (key, uuid.uuid4(), OLD, OLD),
    )
    payments.execute("UPDATE subscription SET status = 'cancelled' WHERE id = %s", (key,))
    for feature in ("chat", "video"):
        payments.execute("INSERT INTO entitlement VALUES (%s, %s, %s)", (uuid.uuid4(), key, feature))
    return key


def paid(payments: Postgres, subscription: uuid.UUID, invoiced: str) -> uuid.UUID:
    """A payment of long ago with an invoice of that moment."""
    key = uuid.uuid4()
    payments.execute(
        "INSERT INTO payment_intent VALUES (%s, %s, 5, 'EUR', 'pending', %s)", (key, uuid.uuid4(), OLD)
    )
    payments.execute(
        "INSERT INTO invoice VALUES (%s, %s, %s, %s, 5, 'EUR', now(), 'draft', %s)",
        (uuid.uuid4(), uuid.uuid4(), key, subscription, invoiced),
    )
    return key


def test_what_an_invoice_refers_to_waits_for_it(payments: Postgres, run: Prune) -> None:
    held, free = subscribed(payments), subscribed(payments)
    waiting, over = paid(payments, held, "now"), paid(payments, free, OLD)
    names = ("invoice", "payment_intent", "subscription")
    assert outcome(run, *names) == dict.fromkeys(names, ("deleted", 1))
    assert (left(payments, "payment_intent", [waiting]), left(payments, "payment_intent", [over])) == (1, 0)
    assert left(payments, "entitlement", [held], "subscription_id") == 2
    assert left(payments, "entitlement", [free], "subscription_id") == 0
    payments.execute("DELETE FROM invoice WHERE payment_intent_id = %s", (waiting,))
    assert outcome(run, *names) == dict.fromkeys(names[1:], ("deleted", 1))
    assert left(payments, "subscription", [held, free]) == 0


def test_a_transfer_waits_until_its_detached_month_is_dropped(payments: Postgres, run: Prune) -> None:
    payments.execute("SELECT create_month_partitions('ledger_entry', %s, %s)", (OLD, OLD))
    payer, payee, transfer = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    for account in (payer, payee):
        payments.execute(
            "INSERT INTO account (id, user_id, currency) VALUES (%s, %s, 'EUR')", (account, account)
        )
    with payments.transaction():
        payments.execute(
            "INSERT INTO transfer VALUES (%s, %s, %s, 7, 'EUR', %s)", (transfer, payer, payee, OLD)
        )
        payments.execute(
            "INSERT INTO ledger_entry VALUES (%s, %s, -7, %s), (%s, %s, 7, %s)",
            (transfer, payer, OLD, transfer, payee, OLD),
        )
    month = f"ledger_entry_{MONTH}"
    assert outcome(run, month, "transfer") == {month: ("detached", 1)}
    assert left(payments, "transfer", [transfer]) == 1
    payments.execute(f"DROP TABLE {month}")  # type: ignore[arg-type] - a name of ours
    assert outcome(run, "transfer") == {"transfer": ("deleted", 1)}
    payments.execute("DELETE FROM account WHERE id = ANY (%s)", ([payer, payee],))


def test_a_month_with_an_event_that_nobody_published_stays(payments: Postgres, run: Prune) -> None:
    payments.execute("SELECT create_month_partitions('outbox', %s, %s)", (OLD, OLD))
    event, month = uuid.uuid4(), f"outbox_{MONTH}"
    payments.execute(
        "INSERT INTO outbox (id, aggregate_id, type, payload, created_at) VALUES (%s, %s, 'a.b', '{}', %s)",
        (event, event, OLD),
    )
    assert outcome(run, month) == {month: ("kept", 1)}
    assert left(payments, "outbox", [event]) == 1
    payments.execute("UPDATE outbox SET published_at = now() WHERE id = %s", (event,))
    assert outcome(run, month) == {month: ("detached", 1)}
    payments.execute(f"DROP TABLE {month}")  # type: ignore[arg-type] - a name of ours
