"""Transfers; the id is the client's idempotency key, so that a resend is applied once."""

from __future__ import annotations

from app_core.schema.model import Index, Table

TABLE = Table(
    name="transfer",
    key=("id",),
    durability="sync",
    indexes=(
        Index((("from_account_id", 1), ("created_at", 1)), "what left an account"),
        Index((("to_account_id", 1), ("created_at", 1)), "what reached an account"),
    ),
)
