"""No two members of a host are told the same port."""

from __future__ import annotations

from collections.abc import Iterator

from infra.aws.local.values import as_map
from infra.policy._stack import ALL, Finding, Stack

BINDS = ALL


def check(stack: Stack) -> list[Finding]:
    """Look at the members of the outputs: what starts them reads host and ports there."""
    taken: dict[tuple[str, int], str] = {}
    return [
        Finding(f"member {name}", f"port {port} of host {host} is {other}'s")
        for name, host, port in _ports(stack)
        if (other := taken.setdefault((host, port), name)) != name
    ]


def _ports(stack: Stack) -> Iterator[tuple[str, str, int]]:
    for name, member in sorted(as_map(stack.graph.outputs.get("members")).items()):
        for port in as_map(as_map(member).get("ports")).values():
            yield name, str(as_map(member).get("host")), port
