"""Most of an etcd cluster in one zone."""

from __future__ import annotations

from infra.topology.groups import dr_groups, etcd_clusters, most_crowded_zone
from infra.topology.model import Topology
from infra.topology.violation import Violation


def check(topology: Topology) -> list[Violation]:
    """Refuse a quorum of etcd in one zone: with that zone goes every failover.

    The DR region's own etcd is held to it only where that region has three zones to spread over.
    """
    found: list[Violation] = []
    for name, members in etcd_clusters(topology).items():
        zone, count = most_crowded_zone(members)
        exempt = name in dr_groups(topology) and len(topology.zones(dr=True)) < 3
        if len(members) >= 3 and count > len(members) // 2 and not exempt:
            why = f"{count} of its {len(members)} members are in zone {zone}"
            found.append(Violation(f"etcd cluster {name}", why, "place one member in each of three zones"))
    return found
