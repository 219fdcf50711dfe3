"""Hidden members in the DR region without `social.dr: warm`, or the other way round."""

from __future__ import annotations

from collections.abc import Iterator

from infra.topology.model import Topology
from infra.topology.social import Social
from infra.topology.violation import Violation


def check(topology: Topology) -> list[Violation]:
    """Refuse a warm DR region in which a set has no copy, and a copy where the DR region is not warm."""
    return [*_violations(topology.social)] if topology.social else []


def _violations(social: Social) -> Iterator[Violation]:
    sets = [
        *((shard.name, shard.hidden) for shard in social.shards),
        (social.config.name, social.config.hidden),
    ]
    for name, hidden in sets:
        if social.dr == "warm" and hidden is None:
            yield Violation(
                f"replica set {name}", "social.dr is warm, and it has no hidden member", "add `hidden:`"
            )
        if social.dr != "warm" and hidden is not None:
            why = f"it has a hidden member, and social.dr is {social.dr}"
            yield Violation(f"replica set {name}", why, "set social.dr to warm, or remove `hidden:`")
