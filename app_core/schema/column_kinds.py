"""Short words for the columns that many tables have."""

from __future__ import annotations

from app_core.schema.fields import Reference
from app_core.schema.model import Erasure
from app_core.schema.tabular import Column

INSTANT = "timestamp with time zone"
BOOKS = Erasure("keep", "bookkeeping law; the member's id names nobody once the account is gone")


def identity(name: str = "id", says: str = "") -> Column:
    """A UUID that the writer chose."""
    return Column(name, "uuid", says=says)


def payer(name: str = "user_id") -> Column:
    """The id of a member; logical, for members live in the social domain."""
    return Column(name, "uuid", personal="pseudonym", references=Reference("users", "user_id"))


def money(name: str = "amount", says: str = "") -> Column:
    """An amount in the currency's minor unit (cents)."""
    return Column(name, "bigint", says=says or "in the currency's minor unit (cents)")


def currency() -> Column:
    """ISO 4217."""
    return Column("currency", "currency_code", says="ISO 4217")


def state(*values: str) -> Column:
    """The state of the row."""
    return Column("status", "text", values=values)


def created() -> Column:
    """When the row was written."""
    return Column("created_at", INSTANT, default="now()")
