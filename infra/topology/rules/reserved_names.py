"""Names that mean something else."""

from __future__ import annotations

from infra.topology.model import Topology
from infra.topology.violation import Violation

TARGET_ROLES = ("primary", "sync", "secondary", "dr")
SHARDS = ("config", "admin", "local", "payments")
SEGMENTS = ("config", "admin", "local")


def check(topology: Topology) -> list[Violation]:
    """Refuse shard and segment names that MongoDB or the commands use, and members named like a target."""
    social = topology.social
    if social is None:
        return _members(topology, ["payments"])
    found = [
        Violation(f"shard {shard.name}", "the name is reserved", f"rename it, for example {shard.name}-1")
        for shard in social.shards
        if shard.name in SHARDS
    ]
    found += [
        Violation(f"segment {name}", "its database would have MongoDB's own name", "rename it")
        for name in social.segments
        if name in SEGMENTS
    ]
    return found + _members(topology, ["payments", *(shard.name for shard in social.shards)])


def _members(topology: Topology, groups: list[str]) -> list[Violation]:
    words = {f"{group}-{role}" for group in groups for role in TARGET_ROLES}
    return [
        Violation(f"member {node.name}", "commands read this word as a role, not as a member", "rename it")
        for node in topology.nodes()
        if node.name in words
    ]
