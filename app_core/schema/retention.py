"""How long data are kept, why, and who removes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Retention:
    """Data end `days` after the moment in `field`; `reason` says why then.

    how: `ttl` = the server's TTL index; `prune` = `swapctl schema prune` in bounded batches; `partition` =
    whole months are detached. only: (field, values): nothing else ends (an open report stays).
    """

    field: str
    days: float
    reason: str
    how: Literal["ttl", "prune", "partition"] = "prune"
    only: tuple[str, tuple[str, ...]] | None = None


@dataclass(frozen=True)
class Kept:
    """Data that no clock ends, and why: usually they live as long as the account."""

    reason: str
