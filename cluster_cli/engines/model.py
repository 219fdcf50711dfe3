"""What an engine reports: the one shape that status, pre-checks, drills and the API share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Domain = Literal["social", "payments"]
DurabilityMode = Literal["sync", "degraded", "none"]


class Health(StrEnum):
    """How a member is: `ok`, or the nearest word for what is wrong with it."""

    OK = "ok"
    LAGGING = "lagging"
    """Serves, but is further behind than its limit."""
    RECOVERING = "recovering"
    """Answers, and is on its way to its role (start-up, initial sync, rollback, rewind)."""
    FROZEN = "frozen"
    """Takes the connection and answers nothing within the time-out."""
    DOWN = "down"
    """Refuses the connection."""
    FAILED = "failed"
    """Answers, and says that something is wrong (see `reason`)."""


@dataclass(frozen=True)
class MemberStatus:
    """One member as seen now. Lag is that of its replication; None where the word has no meaning.

    `role`: primary, secondary, arbiter, router, sync, replica, standby-leader, leader, follower, proxy …
    `state`: the engine's own word. `term`: MongoDB's and etcd's election term; `timeline`: PostgreSQL's.
    `note`: what a reader must know besides (`stand-in`). `reason`: why `health` is not `ok`.
    """

    member: str
    domain: Domain
    kind: str
    group: str
    role: str
    zone: str
    host: str
    health: Health
    state: str
    lag_seconds: float | None = None
    lag_bytes: int | None = None
    term: int | None = None
    timeline: int | None = None
    sync_state: str | None = None
    note: str | None = None
    reason: str | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong with the member."""
        return self.health is Health.OK

    @property
    def problem(self) -> str | None:
        """What is wrong with the member in a few words; None when nothing is."""
        if self.ok:
            return None
        return f"{self.member} is {self.health}" + (f" ({self.reason})" if self.reason else "")

    @property
    def serves(self) -> bool:
        """Whether the member does its work, if late."""
        return self.health in (Health.OK, Health.LAGGING)


@dataclass(frozen=True)
class Durability:
    """What an acknowledged payment survives: `sync` = the loss of the primary; `degraded` = nothing, for now.

    `standbys`: names of the synchronous standbys with their zones. `since`: RFC 3339 UTC, when the
    fall back to asynchronous replication began; None: unknown.
    """

    mode: DurabilityMode
    standbys: tuple[tuple[str, str], ...] = ()
    since: str | None = None

    def line(self) -> str:
        """`sync (pgsync1, zone b)` or `DEGRADED since …`, where that is known."""
        if self.mode == "sync" and not self.standbys:
            return "sync: no standby, so commits wait"
        if self.mode == "sync":
            return "sync (" + "; ".join(f"{name}, zone {zone}" for name, zone in self.standbys) + ")"
        if self.mode == "none":
            return "none: no synchronous standby is configured"
        return f"DEGRADED since {self.since}" if self.since else "DEGRADED, since when is not known"


ARCHIVE_LIMIT_S = 120.0
"""A segment is closed once a minute at least; one that waits for twice as long is stuck."""


@dataclass(frozen=True)
class ArchiveBacklog:
    """WAL segments that the archive does not have yet.

    `oldest_seconds`: how long the oldest has been waiting. `last`: the last segment that was archived.
    """

    waiting: int
    oldest_seconds: float | None = None
    last: str | None = None

    @property
    def late(self) -> bool:
        """Whether a segment waits for longer than it may."""
        return (self.oldest_seconds or 0.0) > ARCHIVE_LIMIT_S

    def line(self) -> str:
        """`0 WAL segments wait`, or how many and for how long."""
        words = "1 WAL segment waits" if self.waiting == 1 else f"{self.waiting} WAL segments wait"
        return (
            words if self.oldest_seconds is None else f"{words}, the oldest for {self.oldest_seconds:.0f} s"
        )


@dataclass(frozen=True)
class ClusterStatus:
    """The whole cluster as seen now."""

    context: str
    topology: str
    members: tuple[MemberStatus, ...]
    durability: Durability | None = None
    stand_ins: tuple[str, ...] = ()
    archive: ArchiveBacklog | None = None

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything that keeps the cluster from being healthy, worst first; empty when it is."""
        found = [f"{group} has no primary" for group in groups_without_primary(self.members)]
        found += [m.problem for m in self.members if m.problem is not None]
        if self.durability is not None and self.durability.mode == "degraded":
            found.append(f"payments are not replicated synchronously ({self.durability.line()})")
        if self.archive is not None and self.archive.late:
            found.append(f"the WAL archive is behind ({self.archive.line()})")
        return tuple(found)

    @property
    def healthy(self) -> bool:
        """Whether every member is ok, every set has a primary, and the durability is the configured one."""
        return not self.problems

    @property
    def verdict(self) -> str:
        """One line: `healthy: 24 members …`, or `unhealthy: ` and what is wrong, worst first."""
        if self.healthy:
            groups = {m.group for m in self.members}
            return f"healthy: {len(self.members)} members in {len(groups)} groups"
        return "unhealthy: " + "; ".join(self.problems)


PRIMARY_KINDS = frozenset({"mongod-shard", "mongod-config", "postgres", "etcd"})
PRIMARY_ROLES = frozenset({"primary", "leader", "standby-leader"})


def groups_without_primary(members: Iterable[MemberStatus]) -> tuple[str, ...]:
    """Sets, scopes and etcd clusters in which no serving member holds the first role."""
    seen: dict[str, bool] = {}
    for member in members:
        if member.kind in PRIMARY_KINDS:
            leads = member.serves and member.role in PRIMARY_ROLES
            seen[member.group] = seen.get(member.group, False) or leads
    return tuple(group for group, led in seen.items() if not led)
