"""The double-entry ledger: two rows a transfer that sum to zero."""

from __future__ import annotations

from app_core.schema.model import Index, Table

TABLE = Table(
    name="ledger_entry",
    key=("transfer_id", "account_id"),
    durability="sync",
    indexes=(Index((("account_id", 1), ("created_at", 1)), "the statement of an account"),),
)
