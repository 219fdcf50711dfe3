"""Accounts that money is moved between."""

from __future__ import annotations

from app_core.schema.column_kinds import BOOKS, created, currency, identity, money, payer
from app_core.schema.model import Departure, Index, Kept, Table
from app_core.schema.queries import query
from app_core.schema.tabular import Column

TABLE = Table(
    name="account",
    entity="ACCOUNT",
    says="accounts that money is moved between",
    key=("id",),
    durability="sync",
    columns=(
        identity(),
        payer(),
        currency(),
        Column("balance", "bigint", says=money().says, default="0"),
        Column(
            "opening",
            "bigint",
            nullable=True,
            says="what the balance began with; null: it began before this was kept",
        ),
        created(),
    ),
    indexes=(
        Index((("user_id", 1),), "the accounts of a member", name="account_user_id", query=query("user_id")),
        Index(
            (("id", 1), ("currency", 1)),
            "a transfer's currency is its accounts'",
            unique=True,
            name="account_id_currency_key",
            only_constrains=True,
        ),
    ),
    changes=("balance",),
    retention=Kept("its ledger refers to it"),
    erasure=BOOKS,
    departures=(
        Departure(
            "balance is derived",
            "a payment must not add up the ledger; `swapctl schema balances` and drills compare them",
        ),
    ),
)
