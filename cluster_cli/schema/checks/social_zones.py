"""A collection's key range is not in its segment's zone."""

from __future__ import annotations

from collections.abc import Iterator

from bson.binary import UuidRepresentation
from bson.json_util import JSONOptions, dumps

from app_core.schema.model import Collection
from cluster_cli.schema.differences import Difference
from cluster_cli.schema.social import SocialFacts
from cluster_cli.schema.social_facts import Seen
from cluster_cli.schema.zones import ZoneRange, missing_ranges, range_command

NAME = "zone"
DOMAIN = "social"
ORDER = 10
_JSON = JSONOptions(uuid_representation=UuidRepresentation.STANDARD)


def find(facts: SocialFacts) -> Iterator[Difference]:
    """Ranges that lack, or that lie in another zone; a person decides where the balancer would move data."""
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
            outside = facts.live.outside(collection)
            words = f"{len(missing)} parts of the keys are not in zone {collection.segment}"
            if outside:
                yield _move(collection, seen, words, missing, outside)
            else:
                yield _add(collection, words, missing)


def _add(collection: Collection, words: str, missing: list[ZoneRange]) -> Difference:
    return Difference(
        NAME,
        "social",
        f"{collection.namespace} zone",
        words,
        "apply",
        "updateZoneKeyRange",
        owner=collection.namespace,
        commands=tuple(("admin", range_command(part)) for part in missing),
    )


def _move(
    collection: Collection, seen: Seen, words: str, missing: list[ZoneRange], outside: tuple[str, ...]
) -> Difference:
    parts = [dumps(range_command(part), json_options=_JSON) for part in missing]
    commands = [f"db.adminCommand(EJSON.parse('{part}'))" for part in parts]
    return Difference(
        NAME,
        "social",
        f"{collection.namespace} zone",
        f"{words}, documents lie on {', '.join(outside)}",
        "person",
        f"{'; '.join(commands)} (the balancer moves them then)",
        size_bytes=seen.size_bytes,
    )
