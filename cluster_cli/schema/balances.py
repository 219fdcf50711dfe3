"""Whether the balance of each account is what it began with and the entries of its ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from cluster_cli.schema.payments_facts import Partition, read_partitions

Connection = psycopg.Connection[Any]
BATCH = 1000
"""How many accounts are read at a time."""
PROGRESS_EVERY = 50_000
KEPT = 1000
"""So many unexplained balances are named."""
LEDGER = "ledger_entry"


@dataclass(frozen=True)
class Account:
    """An account and the sum of its entries in one snapshot, in minor units of its currency.

    opening: None = nobody kept it.
    """

    id: UUID
    balance: int
    opening: int | None
    created_at: datetime
    entries: int

    @property
    def unexplained(self) -> int:
        """What the balance has beyond its opening and its entries."""
        return self.balance - (self.opening or 0) - self.entries


@dataclass(frozen=True)
class Unexplained:
    """A balance that its opening and its entries do not explain, all in minor units."""

    account: str
    balance: int
    opening: int
    entries: int
    unexplained: int


@dataclass(frozen=True)
class Reconciled:
    """The result. unknown: accounts whose opening or whose first months nobody has any more.

    unexplained: the first KEPT of them; count: how many there are.
    """

    accounts: int
    unknown: int
    count: int
    unexplained: tuple[Unexplained, ...]


def reconcile(
    connection: Connection, progress: Callable[[str], None] = lambda _: None, batch: int = BATCH
) -> Reconciled:
    """Read every account in batches. One counts when it is unexplained twice: a month may leave meanwhile.

    The connection autocommits. Raises psycopg.Error.
    """
    scanned, unknown, found = 0, 0, list[Account]()
    for accounts in _batches(connection, batch):
        suspects = [a.id for a in accounts if a.unexplained]
        looked, months = _look(connection, suspects) if suspects else ([], [])
        again = [a for a in looked if a.unexplained]
        lost = [a for a in again if known(a, months)]
        unknown += len(again) - len(lost)
        found += lost
        if (scanned + len(accounts)) // PROGRESS_EVERY > scanned // PROGRESS_EVERY:
            progress(f"account: {scanned + len(accounts)} scanned, {len(found)} unexplained")
        scanned += len(accounts)
    told = tuple(
        Unexplained(str(a.id), a.balance, a.opening or 0, a.entries, a.unexplained) for a in found[:KEPT]
    )
    return Reconciled(scanned, unknown, len(found), told)


def ledger_months(partitions: Iterable[Partition]) -> list[Partition]:
    """The ledger's months that are there, attached or not, oldest first. Pure."""
    return sorted((p for p in partitions if p.table == LEDGER), key=lambda p: p.name)


def known(account: Account, months: Sequence[Partition]) -> bool:
    """Whether its opening and all of its months are there, so that its balance can be judged. Pure."""
    if account.opening is None or not months:
        return False
    year, month = months[0].name.split("_")[-2:]
    return account.created_at >= datetime(int(year), int(month), 1, tzinfo=UTC)


def _batches(connection: Connection, size: int) -> Iterator[list[Account]]:
    after = sql.SQL("true").format()
    while True:
        accounts, _ = _read(connection, after + sql.SQL(" ORDER BY id LIMIT {}").format(size))
        if not accounts:
            return
        yield accounts
        after = sql.SQL("id > {}").format(accounts[-1].id)


def _look(connection: Connection, ids: Sequence[UUID]) -> tuple[list[Account], list[Partition]]:
    return _read(connection, sql.SQL("id = ANY ({})").format(list(ids)))


def _read(connection: Connection, condition: sql.Composed) -> tuple[list[Account], list[Partition]]:
    """Accounts, and the months that were read for them: those that are there at this moment."""
    try:
        return _read_once(connection, condition)
    except psycopg.errors.UndefinedTable:  # a detached month was dropped after it was found
        return _read_once(connection, condition)


def _read_once(connection: Connection, condition: sql.Composed) -> tuple[list[Account], list[Partition]]:
    months = ledger_months(read_partitions(connection))
    return _sum_up(connection, months, condition), months


def _sum_up(connection: Connection, months: Sequence[Partition], condition: sql.Composed) -> list[Account]:
    """One statement, so one snapshot: a payment that is under way is in both or in neither."""
    places = [LEDGER, *(p.name for p in months if not p.attached)]
    entries = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT amount FROM {} WHERE account_id = a.id").format(sql.Identifier(place))
        for place in places
    )
    query = sql.SQL(
        "SELECT a.id, a.balance, a.opening, a.created_at, coalesce(s.amount, 0)::bigint"
        " FROM (SELECT * FROM account WHERE {}) a"
        " CROSS JOIN LATERAL (SELECT sum(amount) AS amount FROM ({}) e) s ORDER BY a.id"
    ).format(condition, entries)
    return [Account(*row) for row in connection.execute(query).fetchall()]
