"""Every host of the topology is exactly one instance, and every instance with members is a host of it."""

from __future__ import annotations

from infra.policy._stack import ALL, Finding, Stack

BINDS = ALL


def check(stack: Stack) -> list[Finding]:
    """Compare the instances by their host tag with the hosts that carry members."""
    wanted = {node.host for node in stack.topology.nodes()}
    counts = {host: len(stack.hosts.get(host, ())) for host in sorted(wanted)}
    return [
        Finding(f"host {host}", f"{count} instances are declared for it, one is needed")
        for host, count in counts.items()
        if count != 1
    ]
