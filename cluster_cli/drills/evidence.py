"""Everything that the checks and the verdict look at, gathered when the load has ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cluster_cli.drills.history import History
from cluster_cli.drills.ledger import Ledger, ReadBack
from cluster_cli.drills.records import Domain
from cluster_cli.schema.orphans import Orphans


@dataclass(frozen=True)
class Promise:
    """What the SLA promises a domain in the tested case; None: no promise."""

    rpo: float | None = None
    rto: float | None = None
    election: float | None = None


@dataclass(frozen=True)
class Claims:
    """What a drill claims that its fault does at most to the path that it hits; None: no claim."""

    longest_pause: float | None = None
    """Seconds that no client of the path waits longer for, from one acknowledgement to its next."""
    failed_attempts: int | None = None
    """How many attempts of one client may fail, refused or indeterminate; each is sent again."""
    failover: bool | None = None
    """True: a primary is elected, and the election's SLA applies. False: the primary stays."""


@dataclass(frozen=True)
class Health:
    """The clusters' health when the run ended."""

    healthy: bool
    reasons: tuple[str, ...] = ()
    known: bool = True
    """False when health could not be read."""


@dataclass(frozen=True)
class Rollback:
    """What MongoDB put into rollback files, and when the old primary was killed."""

    files: frozenset[str] = frozenset()
    """Value ids found in the rollback files."""
    killed: tuple[float, float] | None = None
    """Run seconds just before and just after the old primary was killed; None: it was not."""


@dataclass(frozen=True)
class References:
    """Whether what the run wrote refers to something that is there, also across the two databases."""

    complete: bool
    found: tuple[Orphans, ...] = ()
    reason: str = ""
    """Why the scan is not complete."""


@dataclass(frozen=True)
class Evidence:
    """One run's facts."""

    history: History
    back: ReadBack
    ledger: Ledger
    affected: Mapping[Domain, frozenset[str]]
    """Domain -> paths that the fault hits."""
    promises: Mapping[Domain, Promise]
    faults: tuple[str, ...]
    landed: float | None
    """Run seconds when the last fault was proved."""
    ended: float
    """Run seconds when the load ended."""
    health: Health
    claims: Mapping[Domain, Claims] = field(default_factory=dict[Domain, Claims])
    proof_is_recovery: bool = False
    """Whether a fault's proof is that a new primary leads: then waiting begins with the injection."""
    rollback: Rollback | None = None
    """Only in the drill that provokes a rollback."""
    references: References | None = None
    """None where the topology has no social domain: then nothing can be followed."""
    undo_wanted: bool = True
    extra: Mapping[str, str] = field(default_factory=dict[str, str])
