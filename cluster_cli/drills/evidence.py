"""Everything that the checks and the verdict look at, gathered when the load has ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cluster_cli.drills.history import History
from cluster_cli.drills.ledger import Ledger, ReadBack
from cluster_cli.drills.measures.landed import Struck
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
    degrades: bool = False
    """Whether payments go on without a synchronous standby: some write after the proof is then `degraded`."""


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
    struck: Mapping[Domain, Struck]
    """When the faults of each affected domain struck; without a domain one of whose faults was not proved."""
    ended: float
    """Run seconds when the load ended."""
    health: Health
    claims: Mapping[Domain, Claims] = field(default_factory=dict[Domain, Claims])
    rollback: Rollback | None = None
    """Only in the drill that provokes a rollback."""
    references: References | None = None
    """None where the topology has no social domain: then nothing can be followed."""
    undo_wanted: bool = True
    extra: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def landed(self) -> float | None:
        """Run seconds when the run's last fault was proved; None when one was not."""
        if self.affected.keys() - self.struck.keys():
            return None
        return max((struck.landed for struck in self.struck.values()), default=None)

    def landed_in(self, domain: Domain) -> float | None:
        """The same for the faults of one domain; for a domain that none hits, the run's."""
        if not self.affected.get(domain):
            return self.landed
        struck = self.struck.get(domain)
        return None if struck is None else struck.landed
