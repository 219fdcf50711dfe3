"""A topology without a domain."""

from __future__ import annotations

from infra.topology.model import Topology
from infra.topology.violation import Violation


def check(topology: Topology) -> list[Violation]:
    """Refuse a topology that describes neither the social nor the payments domain."""
    if topology.social or topology.payments:
        return []
    return [Violation(f"topology {topology.name}", "it has no domain", "add `social:` or `payments:`")]
