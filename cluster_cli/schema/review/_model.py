"""What the rules about indexes look at, the same for both engines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

Domain = Literal["social", "payments"]


@dataclass(frozen=True)
class IndexUse:
    """One index over all members: how often it served a query (`uses`), counted since when, how big it is.

    keys: its keys as words, in order (`user_id 1`, `created_at -1`); needed: it keeps a constraint, a shard
    key or an expiry; condition: its partial filter, as text; special: text, 2dsphere and their like.
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
    partitioned: bool = False


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
    """Everything that the rules compare. least_age: statistics younger than this prove no disuse.

    silent: members that did not answer, by domain: what they use is unknown.
    """

    indexes: tuple[IndexUse, ...]
    slow: tuple[SlowQuery, ...]
    now: datetime
    least_age: timedelta
    least_bytes: int
    silent: Mapping[Domain, tuple[str, ...]] = field(default_factory=dict[Domain, tuple[str, ...]])


@dataclass(frozen=True)
class Finding:
    """One thing to act on. command: what to type."""

    kind: str
    domain: Domain
    object: str
    detail: str
    command: str
    size_bytes: int | None = None


def drop_command(index: IndexUse) -> str:
    """How an index is got rid of: by the registry first, where it is declared."""
    if index.domain == "social":
        drop = f"swapctl schema apply --allow-drop {index.table}.{index.name}"
        module = f"app_core/schema/collections/{index.table.rpartition('.')[2]}.py"
        return f"remove it from {module}, then: {drop}" if index.declared else drop
    if index.declared:
        online = "" if index.partitioned else "CONCURRENTLY "
        return f"a new migration: DROP INDEX {online}IF EXISTS {index.name}"
    return f"swapctl schema apply --allow-drop 'index {index.name}'"
