"""A collection of the registry is not there."""

from __future__ import annotations

from collections.abc import Iterator

from app_core.schema.model import Collection
from app_core.schema.validators import validator
from cluster_cli.schema.differences import Command, Difference
from cluster_cli.schema.indexes import index_document, wants_unique_key
from cluster_cli.schema.social import SocialFacts
from cluster_cli.schema.social_facts import Seen
from cluster_cli.schema.zones import missing_ranges, range_command

NAME = "missing-collection"
DOMAIN = "social"
ORDER = 20


def find(facts: SocialFacts) -> Iterator[Difference]:
    """Collections to make: zones before the first chunk, then the collection, its indexes, its sharding."""
    for collection in facts.collections:
        seen = facts.live.of(collection)
        if not seen.exists:
            yield Difference(
                NAME,
                "social",
                collection.namespace,
                "the collection is missing",
                "apply",
                "create, createIndexes" + (", shardCollection" if collection.shard_key else ""),
                owner=collection.namespace,
                commands=tuple(commands(collection, seen, facts.live.shards(collection))),
            )


def commands(collection: Collection, seen: Seen, shards: int) -> list[Command]:
    """(database, command) in order; validator and indexes travel with the sharding to every shard."""
    found: list[Command] = [
        ("admin", range_command(r)) for r in missing_ranges(collection, seen.ranges, shards)
    ]
    found.append((collection.segment, {"create": collection.name, **strict(collection)}))
    if collection.indexes:
        indexes = [index_document(index) for index in collection.indexes]
        found.append((collection.segment, {"createIndexes": collection.name, "indexes": indexes}))
    if collection.shard_key:
        found.append(("admin", shard_command(collection)))
    return found


def strict(collection: Collection) -> dict[str, object]:
    """The validator with its level, as `create` and `collMod` take it."""
    return {"validator": validator(collection), "validationLevel": "strict", "validationAction": "error"}


def shard_command(collection: Collection) -> dict[str, object]:
    """The command that shards it by the registry's key."""
    return {
        "shardCollection": collection.namespace,
        "key": dict.fromkeys(collection.shard_key, 1),
        "unique": wants_unique_key(collection),
    }
