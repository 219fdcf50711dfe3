"""A promise that cannot be kept."""

from __future__ import annotations

from infra.timing import missed_promises
from infra.topology.model import Topology
from infra.topology.violation import Violation


def check(topology: Topology) -> list[Violation]:
    """Refuse an SLA that even the fastest safe time-outs cannot meet, with the best reachable figure."""
    return [Violation(item.promise, item.reason, item.fix) for item in missed_promises(topology)]
