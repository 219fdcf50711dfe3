"""What the rules about indexes look at, the same for both engines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Domain = Literal["social", "payments"]


@dataclass(frozen=True)
class IndexUse:
    """One index over all members: how often it served a query (`uses`), counted since when, how big it is.

    keys: its keys as words, in order (`user_id 1`, `created_at -1`); needed: it keeps a constraint, a shard
    key or an expiry; condition: what it holds and how it compares, as text: its partial filter, on MongoDB
    whether it is sparse, and its collation; special: text, 2dsphere and their like; hidden: no query uses it;
    unheard: members that may have used it and did not answer; cache_share: how much of a member's cache it
    would fill, 1 = all of it, on the member where that is most (MongoDB only).
    """

    domain: Domain
    table: str
    name: str
    keys: tuple[str, ...]
    needed: bool
    condition: str
    special: bool
    declared: bool
    uses: int
    since: datetime
    size_bytes: int
    table_bytes: int
    unheard: tuple[str, ...] = ()
    cache_share: float = 0.0
    partitioned: bool = False
    hidden: bool = False


@dataclass(frozen=True)
class SlowQuery:
    """A query that the servers found slow. scans: its plan reads the whole table.

    partitioned: the table is, so that no index of it can be built CONCURRENTLY.
    """

    domain: Domain
    table: str
    words: str
    fields: tuple[str, ...]
    calls: int
    mean_ms: float
    scans: bool
    partitioned: bool = False


@dataclass(frozen=True)
class ReviewFacts:
    """Everything that the rules compare. least_age: statistics younger than this prove no disuse."""

    indexes: tuple[IndexUse, ...]
    slow: tuple[SlowQuery, ...]
    now: datetime
    least_age: timedelta
    least_bytes: int


@dataclass(frozen=True)
class Finding:
    """One thing to act on. command: what to type."""

    kind: str
    domain: Domain
    object: str
    detail: str
    command: str
    size_bytes: int | None = None


def registry_file(namespace: str) -> str:
    """Where a collection's indexes are declared."""
    return f"app_core/schema/collections/{namespace.rpartition('.')[2]}.py"


def drop_command(index: IndexUse) -> str:
    """How an index is got rid of: by the registry first, where it is declared."""
    if index.domain == "social":
        drop = f"swapctl schema apply --allow-drop {index.table}.{index.name}"
        return f"remove it from {registry_file(index.table)}, then: {drop}" if index.declared else drop
    if index.declared:
        online = "" if index.partitioned else "CONCURRENTLY "
        return f"a new migration: DROP INDEX {online}IF EXISTS {index.name}"
    return f"swapctl schema apply --allow-drop 'index {index.name}'"
