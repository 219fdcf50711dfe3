"""What a run was asked for, and what it carries from step to step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cluster_cli.drills.evidence import Promise
from cluster_cli.drills.faults import Drill
from cluster_cli.drills.faults._fault import Target
from cluster_cli.drills.history import Clock, Recorder
from cluster_cli.drills.measures import Struck, struck_of
from cluster_cli.drills.plan import RunPlan
from cluster_cli.drills.probes.board import Board
from cluster_cli.drills.records import Domain, FaultEvent, Note
from cluster_cli.drills.workloads.base import Workload
from cluster_cli.engines.model import ClusterStatus
from infra.context import Context


@dataclass(frozen=True)
class Request:
    """What the user asked for."""

    drill: Drill
    seed: int
    workloads: tuple[str, ...]
    duration: float | None = None
    """Seconds of load before plus after the fault; None: the default course."""
    sabotage: str | None = None


@dataclass
class Run:
    """What a run carries from step to step."""

    ctx: Context
    request: Request
    plan: RunPlan
    directory: Path
    clock: Clock
    recorder: Recorder
    workloads: list[Workload]
    targets: list[Target]
    promises: Mapping[Domain, Promise]
    before: ClusterStatus
    board: Board = field(default_factory=Board)
    stopped: str | None = None

    @property
    def affected(self) -> dict[Domain, frozenset[str]]:
        """Domain -> affected paths, over all faults."""
        found: dict[Domain, frozenset[str]] = {}
        for target in self.targets:
            for domain, paths in target.affected.items():
                found[domain] = found.get(domain, frozenset()) | paths
        return found

    @property
    def groups(self) -> dict[Domain, str]:
        """Domain -> the set or scope whose election is measured."""
        return {domain: group for target in self.targets for domain, group in target.groups.items()}

    def struck(self) -> dict[Domain, Struck]:
        """When the faults of each affected domain struck, as far as they are proved by now.

        Each domain is counted from its own faults: the proof of another one may come seconds later.
        """
        events = [record for record in self.recorder.records if isinstance(record, FaultEvent)]
        pairs = tuple(zip(self.request.drill.faults, self.targets, strict=True))
        found: dict[Domain, Struck] = {}
        for domain in self.affected:
            hit = {
                fault.name: fault.proof_is_recovery for fault, target in pairs if domain in target.affected
            }
            struck = struck_of(events, hit, proof_is_recovery=any(hit.values()))
            if struck is not None:
                found[domain] = struck
        return found

    def note(self, what: str) -> float:
        """Remark the run's course in its history; the time of the remark."""
        now = self.clock.now()
        self.recorder.add(Note(now, what))
        return now
