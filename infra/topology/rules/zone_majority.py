"""A majority of a replica set in one zone."""

from __future__ import annotations

from infra.topology.groups import most_crowded_zone, voting_sets
from infra.topology.model import Topology
from infra.topology.violation import Violation


def check(topology: Topology) -> list[Violation]:
    """Refuse it where the primary region has three zones to spread over: that zone's loss stops the set."""
    if len(topology.zones()) < 3:
        return []
    found: list[Violation] = []
    for name, voters in voting_sets(topology).items():
        zone, count = most_crowded_zone(voters)
        if len(voters) >= 3 and count > len(voters) // 2:
            why = f"{count} of its {len(voters)} voters are in zone {zone}"
            found.append(Violation(f"replica set {name}", why, "spread them over three zones"))
    return found
