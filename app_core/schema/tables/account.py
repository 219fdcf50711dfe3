"""Accounts that money is moved between."""

from __future__ import annotations

from app_core.schema.model import Index, Table

TABLE = Table(
    name="account",
    key=("id",),
    durability="sync",
    indexes=(Index((("user_id", 1),), "the accounts of a member"),),
)
