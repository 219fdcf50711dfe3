"""Two members of a group on one host."""

from __future__ import annotations

from collections import Counter

from infra.topology.model import Topology
from infra.topology.violation import Violation


def check(topology: Topology) -> list[Violation]:
    """Refuse it outside class ephemeral: one lost host would take both."""
    if topology.class_ == "ephemeral":
        return []
    places = Counter((node.group, node.host) for node in topology.nodes())
    return [
        Violation(f"{group} on host {host}", f"{count} of its members share the host", "use one host each")
        for (group, host), count in places.items()
        if count > 1
    ]
