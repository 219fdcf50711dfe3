"""Every replica set, and every etcd cluster of the primary region, stands in three zones or more."""

from __future__ import annotations

from infra.policy._stack import ALL, Finding, Stack
from infra.topology.groups import dr_groups, etcd_clusters, voting_sets

BINDS = ALL
LEAST = 3


def check(stack: Stack) -> list[Finding]:
    """Count the zones that the members' instances are declared in."""
    groups = {**voting_sets(stack.topology), **etcd_clusters(stack.topology)}
    standby = dr_groups(stack.topology)
    counts = {name: len({*stack.zones(nodes)}) for name, nodes in groups.items() if name not in standby}
    return [
        Finding(
            name, f"its members are in {count} zone{'s' if count != 1 else ''}, at least {LEAST} are needed"
        )
        for name, count in counts.items()
        if count < LEAST
    ]
