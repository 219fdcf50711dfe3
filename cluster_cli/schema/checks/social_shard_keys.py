"""A collection is sharded otherwise than the registry says."""

from __future__ import annotations

from collections.abc import Iterator

from app_core.schema.model import Collection, Keys
from cluster_cli.schema.checks.social_collections import shard_command
from cluster_cli.schema.cost import estimate
from cluster_cli.schema.differences import Difference
from cluster_cli.schema.social import SocialFacts
from cluster_cli.schema.social_facts import Seen, shard_key

NAME = "shard-key"
DOMAIN = "social"
ORDER = 40


def find(facts: SocialFacts) -> Iterator[Difference]:
    """An unsharded one is sharded; another key means that every document is copied: a person decides."""
    for collection in facts.collections:
        seen = facts.live.of(collection)
        if not seen.exists or seen.key == shard_key(collection):
            continue
        yield _shard(collection, seen) if seen.key is None else _reshard(collection, seen)


def _shard(collection: Collection, seen: Seen) -> Difference:
    return Difference(
        NAME,
        "social",
        f"{collection.namespace} shard key",
        f"not sharded, the registry says {_words(shard_key(collection))}",
        "apply",
        "shardCollection (the data stay where they are, the balancer spreads them later)",
        size_bytes=seen.size_bytes,
        owner=collection.namespace,
        commands=(("admin", shard_command(collection)),),
    )


def _reshard(collection: Collection, seen: Seen) -> Difference:
    return Difference(
        NAME,
        "social",
        f"{collection.namespace} shard key",
        f"sharded by {_words(seen.key)}, the registry says {_words(shard_key(collection))}",
        "person",
        _cure(collection),
        work="reshard",
        size_bytes=seen.size_bytes,
        estimate_seconds=estimate("reshard", seen.size_bytes),
        blocks=True,
    )


def _cure(collection: Collection) -> str:
    verb, since = (
        ("reshardCollection", "") if collection.shard_key else ("unshardCollection", ", MongoDB 8.0")
    )
    return f"{verb} {collection.namespace} (copies every document{since}), or correct the registry"


def _words(key: Keys | None) -> str:
    return ", ".join(name if kind == 1 else f"{name} ({kind})" for name, kind in key or ()) or "none"
