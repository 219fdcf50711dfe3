"""Payments that a member began."""

from __future__ import annotations

from app_core.schema.model import Index, Table

TABLE = Table(
    name="payment_intent",
    key=("id",),
    durability="sync",
    indexes=(Index((("user_id", 1), ("status", 1)), "the open payments of a member"),),
)
