"""Transfers; the id is the client's idempotency key, so that a resend is applied once."""

from __future__ import annotations

from app_core.schema.column_kinds import BOOKS, created, currency, identity, money
from app_core.schema.index_kinds import ending
from app_core.schema.model import Index, Retention, Table
from app_core.schema.queries import query
from app_core.schema.tabular import Check, Column, ForeignKey

TABLE = Table(
    name="transfer",
    entity="TRANSFER",
    says="money moved from one account to another",
    key=("id",),
    durability="sync",
    columns=(
        identity(says="the client's idempotency key"),
        Column("from_account_id", "uuid"),
        Column("to_account_id", "uuid"),
        money(),
        currency(),
        created(),
    ),
    foreign_keys=(
        ForeignKey(("from_account_id", "currency"), "account", ("id", "currency")),
        ForeignKey(("to_account_id", "currency"), "account", ("id", "currency")),
    ),
    checks=(
        Check("amount is positive"),
        Check("the two accounts differ"),
        Check("at commit: exactly one debit and one credit of the amount in the ledger", "trigger"),
    ),
    indexes=(
        Index(
            (("from_account_id", 1), ("created_at", 1)),
            "what left an account",
            name="transfer_from_account_id_created_at",
            query=query("from_account_id", sort="created_at"),
        ),
        Index(
            (("to_account_id", 1), ("created_at", 1)),
            "what reached an account",
            name="transfer_to_account_id_created_at",
            query=query("to_account_id", sort="created_at"),
        ),
        Index(
            (("id", 1), ("created_at", 1)),
            "its ledger entries refer to its id and instant",
            unique=True,
            name="transfer_id_created_at",
            only_constrains=True,
        ),
        ending("created_at", "transfer_created_at"),
    ),
    append_only=True,
    retention=Retention("created_at", 3653, "books are kept for ten years"),
    erasure=BOOKS,
)
