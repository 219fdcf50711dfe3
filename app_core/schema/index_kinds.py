"""Short words for the indexes that many collections and tables have."""

from __future__ import annotations

from app_core.schema.model import Index
from app_core.schema.queries import query


def once(shard_key: str, primary_key: str) -> Index:
    """The primary key is unique within the shard key, and so among all documents."""
    return Index(
        ((shard_key, 1), (primary_key, 1)),
        "an id is used once",
        unique=True,
        query=query(shard_key, primary_key),
    )


def ending(field: str, name: str = "") -> Index:
    """By which `schema prune` finds what has ended."""
    return Index(
        ((field, 1),),
        "what has reached the end of its retention",
        name=name,
        query=query(f"{field}<", sort=field),
    )


def expiring(says: str, field: str = "expires_at") -> Index:
    """By which the server removes a document at the moment in the field."""
    return Index(((field, 1),), says, ttl_seconds=0, query=query(f"{field}<", sort=field))
