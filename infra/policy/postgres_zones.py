"""Every PostgreSQL cluster of the primary region stands in two zones or more."""

from __future__ import annotations

from infra.policy._stack import ALL, Finding, Stack
from infra.topology.groups import dr_groups, postgres_scopes

BINDS = ALL
LEAST = 2


def check(stack: Stack) -> list[Finding]:
    """Count the zones that the members' instances are declared in."""
    standby = dr_groups(stack.topology)
    return [
        Finding(name, f"its members are in {len(zones)} zone, at least {LEAST} are needed")
        for name, nodes in postgres_scopes(stack.topology).items()
        if name not in standby and len(zones := {*stack.zones(nodes)}) < LEAST
    ]
