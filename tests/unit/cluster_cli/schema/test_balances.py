"""Which balances are explained, which are not, and which nobody can judge."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest

from cluster_cli.schema import balances
from cluster_cli.schema.balances import Account, known, ledger_months, reconcile
from cluster_cli.schema.payments_facts import Partition

AT = datetime(2026, 11, 26, tzinfo=UTC)
RIGHT = Account(UUID(int=1), balance=70, opening=100, created_at=AT, entries=-30)
ATTACHED = Partition("ledger_entry", "ledger_entry_2026_11", True, False, 0)
DETACHED = Partition("ledger_entry", "ledger_entry_2026_10", False, False, 0)
OTHER = Partition("outbox", "outbox_2026_01", True, False, 0)


@pytest.mark.parametrize(
    ("account", "unexplained"),
    [(RIGHT, 0), (replace(RIGHT, balance=170), 100), (replace(RIGHT, entries=0), -30)],
    ids=["right", "money out of nothing", "an entry is missing"],
)
def test_a_balance_is_its_opening_and_its_entries(account, unexplained):
    assert account.unexplained == unexplained


@pytest.mark.parametrize(
    ("account", "months", "judged"),
    [
        (RIGHT, [ATTACHED], True),
        (replace(RIGHT, opening=None), [ATTACHED], False),
        (replace(RIGHT, created_at=datetime(2026, 10, 31, tzinfo=UTC)), [ATTACHED], False),
        (replace(RIGHT, created_at=datetime(2026, 10, 31, tzinfo=UTC)), [DETACHED, ATTACHED], True),
        (RIGHT, [], False),
    ],
    ids=[
        "all there",
        "no opening",
        "its first month is archived",
        "its first month is detached",
        "no ledger",
    ],
)
def test_only_what_is_all_there_is_judged(account, months, judged):
    assert known(account, months) == judged


def test_detached_months_belong_to_the_ledger_and_those_of_others_do_not():
    assert ledger_months([ATTACHED, OTHER, DETACHED]) == [DETACHED, ATTACHED]


class Server:
    """Accounts in batches; a second look at some of them by their ids gives `again`."""

    def __init__(self, batches, again):
        self.batches, self.again, self.asked = list(batches), again, []

    def execute(self, query):
        self.asked.append(query.as_string(None))
        found = self.again if "ANY" in self.asked[-1] else self.batches.pop(0) if self.batches else []
        self.rows = [(a.id, a.balance, a.opening, a.created_at, a.entries) for a in found]
        return self

    def fetchall(self):
        return self.rows


WRONG = replace(RIGHT, id=UUID(int=2), balance=71)
LEGACY = replace(RIGHT, id=UUID(int=3), balance=5, opening=None)


def run(monkeypatch, server: Any, **options):
    monkeypatch.setattr(balances, "read_partitions", lambda _: (DETACHED, ATTACHED))
    return reconcile(server, **options)


def test_every_account_is_read_and_the_unexplained_ones_are_named(monkeypatch):
    said: list[str] = []
    monkeypatch.setattr(balances, "PROGRESS_EVERY", 2)
    server = Server([[RIGHT, WRONG], [replace(RIGHT, id=UUID(int=3))]], [WRONG])
    result = run(monkeypatch, server, progress=said.append, batch=2)
    assert (result.accounts, result.count) == (3, 1)
    assert [(u.account, u.unexplained) for u in result.unexplained] == [(str(WRONG.id), 1)]
    assert said == ["account: 2 scanned, 1 unexplained"]
    first, second, _ = (text for text in server.asked if "LIMIT" in text)
    assert "WHERE true ORDER BY id LIMIT 2" in first
    assert f"id > '{WRONG.id}'" in second.replace(WRONG.id.hex, str(WRONG.id))
    assert all('FROM "ledger_entry_2026_10" WHERE' in text for text in server.asked)
    assert not any('"ledger_entry_2026_11"' in text for text in server.asked)


def test_a_difference_that_a_second_look_does_not_see_is_none(monkeypatch):
    result = run(monkeypatch, Server([[WRONG]], [replace(WRONG, balance=70)]))
    assert (result.accounts, result.count, result.unknown) == (1, 0, 0)


def test_what_cannot_be_judged_is_counted_apart(monkeypatch):
    result = run(monkeypatch, Server([[LEGACY]], [LEGACY]))
    assert (result.count, result.unknown, result.unexplained) == (0, 1, ())


def test_a_detached_month_that_is_dropped_meanwhile_is_not_asked_again(monkeypatch):
    server: Any = Server([[RIGHT]], [])
    months = [(DETACHED, ATTACHED)]
    monkeypatch.setattr(balances, "read_partitions", lambda _: months.pop(0) if months else (ATTACHED,))
    execute = server.execute

    def dropped(query):
        if DETACHED.name in query.as_string(None):
            raise psycopg.errors.UndefinedTable
        return execute(query)

    server.execute = dropped
    result = reconcile(server)
    assert (result.accounts, result.count) == (1, 0)


def test_a_table_that_stays_away_is_an_error(monkeypatch):
    server: Any = Server([], [])
    server.execute = lambda _: (_ for _ in ()).throw(psycopg.errors.UndefinedTable)
    monkeypatch.setattr(balances, "read_partitions", lambda _: ())
    with pytest.raises(psycopg.errors.UndefinedTable):
        reconcile(server)
