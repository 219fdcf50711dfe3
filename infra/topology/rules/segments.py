"""Segments and shards that do not fit together."""

from __future__ import annotations

from collections import Counter

from app_core.errors import nearest
from infra.topology.model import Topology
from infra.topology.social import Social
from infra.topology.violation import Violation


def check(topology: Topology) -> list[Violation]:
    """Refuse a segment without a shard, a shard without a segment (unless spare), or in two of them."""
    if topology.social is None:
        return []
    return [*_segments(topology.social), *_shards(topology.social)]


def _segments(social: Social) -> list[Violation]:
    names = {shard.name for shard in social.shards}
    empty = [
        Violation(f"segment {segment}", "it has no shard", "list at least one shard")
        for segment, shards in social.segments.items()
        if not shards
    ]
    unknown = [
        Violation(f"segment {segment}", f"its shard {shard} is unknown", nearest(shard, names))
        for segment, shards in social.segments.items()
        for shard in shards
        if shard not in names
    ]
    return empty + unknown


def _shards(social: Social) -> list[Violation]:
    listed = Counter(shard for shards in social.segments.values() for shard in shards)
    return [
        Violation(f"shard {shard.name}", *fault)
        for shard in social.shards
        if (fault := _fault(listed[shard.name], shard.spare))
    ]


def _fault(times: int, spare: bool) -> tuple[str, str] | None:
    if times > 1:
        return f"segments list it {times} times", "list it once"
    if spare and times:
        return "it is spare and in a segment", "remove `spare: true`, or take it out of the segment"
    if not spare and not times:
        return "no segment lists it", "add it to a segment, or set `spare: true`"
    return None
