"""A shard is not in its segment's zone, or in another one."""

from __future__ import annotations

from collections.abc import Iterator

from cluster_cli.bootstrap.sharding_plan import missing_zones
from cluster_cli.schema.differences import Difference
from cluster_cli.schema.social import SocialFacts

NAME = "shard-zone"
DOMAIN = "social"
ORDER = 5


def find(facts: SocialFacts) -> Iterator[Difference]:
    """Zones that a shard lacks or has too many: the balancer would move data, so a person decides."""
    live = facts.live
    for shard, zone in missing_zones(live.shard_entries, live.segments):
        yield _difference(shard, f"it is not in zone {zone}, its segment", "addShardToZone", zone)
    for document in live.shard_entries:
        shard = str(document["_id"])
        for zone in document.get("tags", ()):
            if shard not in live.segments.get(zone, ()):
                words = f"it is in zone {zone}, which the topology does not say"
                yield _difference(shard, words, "removeShardFromZone", zone)


def _difference(shard: str, words: str, command: str, zone: str) -> Difference:
    cure = f'db.adminCommand({{{command}: "{shard}", zone: "{zone}"}}) (the balancer moves data then)'
    return Difference(NAME, "social", shard, words, "person", cure)
