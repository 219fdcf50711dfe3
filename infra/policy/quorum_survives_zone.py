"""Every replica set and etcd cluster of the primary region keeps its majority when any one zone is lost."""

from __future__ import annotations

from collections import Counter

from infra.policy._stack import ALL, Finding, Stack
from infra.topology.groups import dr_groups, etcd_clusters, voting_sets

BINDS = ALL


def check(stack: Stack) -> list[Finding]:
    """Take each zone away and count who is left."""
    groups = {**voting_sets(stack.topology), **etcd_clusters(stack.topology)}
    standby = dr_groups(stack.topology)
    return [
        Finding(name, f"without zone {zone} only {len(zones) - lost} of {len(nodes)} members are left")
        for name, nodes in groups.items()
        if name not in standby
        for zones in [stack.zones(nodes)]
        for zone, lost in Counter(zones).items()
        if len(zones) - lost <= len(nodes) // 2
    ]
