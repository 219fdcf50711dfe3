"""A collection's key range is not in its segment's zone."""

from __future__ import annotations

from collections.abc import Iterator

from cluster_cli.schema.differences import Difference
from cluster_cli.schema.social import SocialFacts
from cluster_cli.schema.zones import missing_ranges, range_command

NAME = "zone"
DOMAIN = "social"
ORDER = 10


def find(facts: SocialFacts) -> Iterator[Difference]:
    """Ranges that lack, or that lie in another zone (those need a person: the balancer would move data)."""
    for collection in facts.collections:
        seen = facts.live.of(collection)
        if not seen.exists:
            continue
        wrong = sorted({r.zone for r in seen.ranges} - {collection.segment})
        missing = missing_ranges(collection, seen.ranges, facts.live.shards(collection))
        if wrong:
            yield Difference(
                NAME,
                "social",
                f"{collection.namespace} zone",
                f"part of the keys is in zone {', '.join(wrong)}, the registry says {collection.segment}",
                "person",
                "updateZoneKeyRange with zone: null for that part, then: swapctl schema apply",
            )
        elif missing:
            yield Difference(
                NAME,
                "social",
                f"{collection.namespace} zone",
                f"{len(missing)} parts of the keys are not in zone {collection.segment}",
                "apply",
                "updateZoneKeyRange",
                owner=collection.namespace,
                commands=tuple(("admin", range_command(part)) for part in missing),
            )
