"""An even number of etcd members."""

from __future__ import annotations

from infra.topology.groups import etcd_clusters
from infra.topology.model import Topology
from infra.topology.violation import Violation


def check(topology: Topology) -> list[Violation]:
    """Refuse it: an even etcd cluster survives no more losses than the odd one below it."""
    return [
        Violation(
            f"etcd cluster {name}",
            f"an even number of members ({len(members)})",
            f"have {len(members) - 1} or {len(members) + 1}",
        )
        for name, members in etcd_clusters(topology).items()
        if len(members) % 2 == 0
    ]
