"""The double-entry ledger: two rows a transfer that sum to zero."""

from __future__ import annotations

from app_core.schema.column_kinds import BOOKS, created, money
from app_core.schema.model import Departure, Index, Retention, Table
from app_core.schema.queries import query
from app_core.schema.tabular import Check, Column, ForeignKey, Partitioning

TABLE = Table(
    name="ledger_entry",
    entity="LEDGER_ENTRY",
    says="the double-entry ledger",
    # the month of an entry is its transfer's (foreign key), so one entry a transfer and account follows
    key=("transfer_id", "account_id", "created_at"),
    durability="sync",
    columns=(Column("transfer_id", "uuid"), Column("account_id", "uuid"), money(), created()),
    foreign_keys=(
        ForeignKey(("account_id",), "account", ("id",)),
        ForeignKey(
            ("transfer_id", "created_at"),
            "transfer",
            ("id", "created_at"),
            holds="entries leave by whole months, and a detached month refers until it is archived",
        ),
    ),
    checks=(
        Check("amount is not zero"),
        Check("at commit: exactly one debit and one credit of the transfer's amount", "trigger"),
    ),
    indexes=(
        Index(
            (("account_id", 1), ("created_at", 1)),
            "the statement of an account",
            name="ledger_entry_account_id_created_at",
            query=query("account_id", "created_at>=", sort="created_at"),
        ),
    ),
    partitioning=Partitioning("created_at", ahead=3),
    append_only=True,
    retention=Retention("created_at", 3653, "books are kept for ten years", how="partition"),
    erasure=BOOKS,
    departures=(
        Departure(
            "created_at repeats the transfer's", "it is the partition key; the foreign key keeps them equal"
        ),
    ),
)
