"""What a drill writes down: one frozen record a kind, all in one history.

Times in records are seconds since the run began, read from the monotonic clock, so that a stepped
wall clock cannot bend a figure; `Header.started_at` places them in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Domain = Literal["social", "payments"]
AckClass = Literal["majority", "w1", "sync", "degraded"]
Outcome = Literal["acked", "refused", "indeterminate"]
Role = Literal["primary", "secondary", "down"]
Mode = Literal["sync", "degraded"]
Happening = Literal["armed", "injected", "landed", "lifted"]
Lifter = Literal["drill", "runbook", "operator"]

CLASSES_OF: Mapping[Domain, tuple[AckClass, ...]] = {
    "social": ("majority", "w1"),
    "payments": ("sync", "degraded"),
}


@dataclass(frozen=True, slots=True)
class Header:
    """The first record of a history: which run this is and when its clock began."""

    run_id: str
    drill: str
    seed: int
    started_at: float
    """Seconds since the epoch (UTC) at run time 0."""
    context: str
    topology: str


@dataclass(frozen=True, slots=True)
class Op:
    """One attempt to write one value, with its outcome."""

    client: str
    domain: Domain
    path: str
    """The part of the cluster that the key lives on: a shard's name, or `payments`."""
    cls: AckClass
    target: str
    """Collection or table."""
    value: str
    """The id of the value: the same over all attempts to write it."""
    attempt: int
    invoked: float
    completed: float
    outcome: Outcome
    code: str = ""
    via: str = ""
    """Router or proxy that the client was connected to, where known."""
    detail: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FaultEvent:
    """A step in a fault's life; `landed` carries the evidence that the peers gave."""

    at: float
    fault: str
    event: Happening
    target: str
    evidence: str = ""
    by: Lifter = "drill"


@dataclass(frozen=True, slots=True)
class RoleSeen:
    """What a member said of itself (or that it did not answer), probed on its own port."""

    at: float
    domain: Domain
    group: str
    member: str
    role: Role
    term: int
    """Election term (MongoDB) or timeline (PostgreSQL); 0 where the member did not say."""
    asked: float = 0.0
    """When the question left; the answer was true at some time between `asked` and `at`."""


@dataclass(frozen=True, slots=True)
class ProbeWrite:
    """A write of the single-writer probe to one member's own port."""

    domain: Domain
    group: str
    member: str
    term: int
    durable: bool
    """Acknowledged with the majority (MongoDB) or the sync wait (PostgreSQL), not by one member alone."""
    invoked: float
    completed: float
    outcome: Outcome
    value: str = ""


@dataclass(frozen=True, slots=True)
class Durability:
    """The durability in force on the payments primary."""

    at: float
    member: str
    mode: Mode
    standbys: str = ""


@dataclass(frozen=True, slots=True)
class RouteSeen:
    """Which member a proxy or router sends the primary's traffic to; `""` when to none."""

    at: float
    domain: Domain
    group: str
    router: str
    primary: str


@dataclass(frozen=True, slots=True)
class Note:
    """A remark on the run's own course: a phase began, the load ended, a wait gave up."""

    at: float
    what: str


Record = Header | Op | FaultEvent | RoleSeen | ProbeWrite | Durability | RouteSeen | Note
