"""A segment that the schema registry needs and the topology lacks."""

from __future__ import annotations

from app_core.schema import registry
from infra.topology.model import Topology
from infra.topology.violation import Violation


def check(topology: Topology) -> list[Violation]:
    """Refuse a social domain in which some collection would have nowhere to live."""
    if topology.social is None:
        return []
    return [
        Violation(f"segment {name}", f"collections need it ({_names(name)})", f"add `{name}: [SHARD]`")
        for name in sorted(registry.segments() - topology.social.segments.keys())
    ]


def _names(segment: str) -> str:
    return ", ".join(entry.name for entry in registry.collections() if entry.segment == segment)
