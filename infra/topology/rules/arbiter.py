"""An arbiter in a segment whose collections are written with majority."""

from __future__ import annotations

from app_core.schema import registry
from infra.topology.model import Topology
from infra.topology.violation import Violation


def check(topology: Topology) -> list[Violation]:
    """Refuse it: an arbiter holds no data, so one lost data member stops every majority write."""
    social = topology.social
    if social is None:
        return []
    return [
        Violation(
            f"shard {shard.name}",
            f"it has an arbiter, and {', '.join(majority)} in its segment {segment} need majority writes",
            "replace the arbiter by a data member",
        )
        for shard in social.shards
        if shard.arbiter and (segment := social.segment_of(shard.name)) and (majority := _majority(segment))
    ]


def _majority(segment: str) -> list[str]:
    return [
        entry.name
        for entry in registry.collections()
        if entry.segment == segment and entry.write_concern.w == "majority"
    ]
