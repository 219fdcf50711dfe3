"""What a fault is: how it is aimed, applied, proved and undone."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field

from cluster_cli.drills.evidence import Claims
from cluster_cli.drills.records import Domain
from cluster_cli.drills.site import Site
from infra.topology import Topology

Memo = MutableMapping[str, str]
"""What a fault remembers between its steps. Each word is on disk as soon as it is set: what `undo` needs
is set before the effect, so that another process can undo an injection that was killed half-way."""

KILL_BEGAN, KILL_DONE = "kill began", "kill done"
"""What a fault that provokes a rollback remembers: the monotonic clock around the old primary's end."""

NOT_NOTICED = Claims(longest_pause=5.0, failed_attempts=0, failover=False)
"""For faults that no client is to notice. On two busy cores a client waits up to 2 s without any fault."""


@dataclass(frozen=True)
class Target:
    """What a fault will hit, decided before it is applied."""

    members: tuple[str, ...]
    affected: Mapping[Domain, frozenset[str]]
    """Domain -> paths whose operations the fault hits."""
    groups: Mapping[Domain, str] = field(default_factory=dict[Domain, str])
    """Domain -> replica set or scope that may elect; empty when none does."""

    @property
    def words(self) -> str:
        """The members, for people."""
        return ", ".join(self.members)


@dataclass(frozen=True)
class Fault:
    """One kind of fault. `aim` and `prove` only look; `inject` and `undo` act; `undo` is idempotent."""

    name: str
    help: str
    """What happens, in one sentence."""
    expect: str
    """What a healthy cluster does about it."""
    domains: tuple[Domain, ...]
    case: str
    """The SLA's case that it tests."""
    needs: tuple[str, ...]
    """Platform protocols: Power, Kill, Pause; empty for faults that are plain commands."""
    aim: Callable[[Site, random.Random], Target]
    inject: Callable[[Site, Target, Memo], None]
    prove: Callable[[Site, Target, Memo], str | None]
    """The evidence that the peers give (without peers: what a client meets), or None: not seen yet. Asked
    again and again for a while."""
    undo: Callable[[Site, Target, Memo], None]
    blast_radius: int | Callable[[Topology], int] = 1
    """The most members that the fault may hit; a function where that follows from the topology."""
    label: str = ""
    """What a report must say about how the fault is made."""
    hold: float | None = None
    """Seconds from the proof to the undo; None: until the path has recovered by itself."""
    sabotages: tuple[str, ...] = ()
    must_lose: bool = False
    """Whether a run in which nothing is lost proves nothing."""
    rollback: Callable[[Site, Target, Memo], frozenset[str]] | None = None
    """Reads the ids of what was rolled back, where the fault provokes that."""
    proof_timeout: float = 10.0
    """Seconds in which the proof must be seen."""
    claims: Claims = Claims()
    """What of `expect` the check `claimed-impact` judges."""
    planned: bool = False
    """Whether `inject` is an operation that takes its time: the proof is looked for while it runs."""

    def limit(self, topology: Topology) -> int:
        """The most members of a topology that the fault may hit."""
        return self.blast_radius if isinstance(self.blast_radius, int) else self.blast_radius(topology)

    @property
    def proof_is_recovery(self) -> bool:
        """Whether the proof is that a new primary leads: clients wait since the injection, not since then."""
        return self.planned or self.must_lose


@dataclass(frozen=True)
class Drill:
    """What `drill run` runs: one fault, or several at once."""

    name: str
    help: str
    faults: tuple[Fault, ...]
    sabotages: tuple[str, ...]

    @classmethod
    def of(cls, fault: Fault) -> Drill:
        """The drill that a fault makes by itself."""
        return cls(fault.name, fault.help, (fault,), fault.sabotages)

    @property
    def case(self) -> str:
        """The SLA's case: that of its faults, which agree."""
        return self.faults[0].case

    @property
    def domains(self) -> tuple[Domain, ...]:
        """The domains under test."""
        return tuple(dict.fromkeys(domain for fault in self.faults for domain in fault.domains))

    @property
    def claims(self) -> dict[Domain, Claims]:
        """What is claimed for each domain under test: nothing where two faults hit it at once."""
        found: dict[Domain, Claims] = {}
        for fault in self.faults:
            for domain in fault.domains:
                found[domain] = Claims() if domain in found else fault.claims
        return found

    @property
    def expect(self) -> str:
        """What a healthy cluster does about it."""
        return " ".join(dict.fromkeys(fault.expect for fault in self.faults))

    @property
    def needs(self) -> tuple[str, ...]:
        """The platform protocols that it needs."""
        return tuple(sorted({need for fault in self.faults for need in fault.needs}))

    @property
    def hold(self) -> float | None:
        """The longest hold of its faults; None when all end with the path's recovery."""
        return max((f.hold for f in self.faults if f.hold is not None), default=None)
