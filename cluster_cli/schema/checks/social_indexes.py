"""An index of the registry is not there."""

from __future__ import annotations

from collections.abc import Iterator

from app_core.schema.model import Collection, Index
from cluster_cli.schema.differences import Command, Difference
from cluster_cli.schema.indexes import index_document, lacking, missing_indexes, where
from cluster_cli.schema.social import SocialFacts

NAME = "missing-index"
DOMAIN = "social"
ORDER = 30


def find(facts: SocialFacts) -> Iterator[Difference]:
    """Each missing index; those of one collection are built by one command, so that it is read once.

    By an index with an expiry the servers delete documents that are there: it must be named.
    """
    for collection in facts.collections:
        seen = facts.live.of(collection)
        if not seen.exists:
            continue
        missing = missing_indexes(collection, seen.on)
        harmless = [index for index in missing if seen.empty or index.ttl_seconds is None]
        for index in missing:
            words = f"the index is missing{where(lacking(index.name, seen.on), seen.on)}"
            if index not in harmless:
                yield _expiring(collection, index, words)
            else:
                yield _plain(collection, index, words, harmless if index is harmless[0] else [])


def _plain(collection: Collection, index: Index, words: str, built: list[Index]) -> Difference:
    """built: what its command builds; nothing for one that is built with an earlier one."""
    return Difference(
        NAME,
        "social",
        f"{collection.namespace} {index.name}",
        words,
        "apply",
        "createIndexes (online, on every shard of the segment)",
        work="build",
        owner=collection.namespace,
        commands=(_build(collection, built),) if built else (),
    )


def _expiring(collection: Collection, index: Index, words: str) -> Difference:
    name = f"{collection.namespace}.{index.name}"
    return Difference(
        NAME,
        "social",
        f"{collection.namespace} {index.name}",
        words,
        "drop",
        f"swapctl schema apply --allow-drop {name} (builds it; the servers then delete what has expired)",
        work="build",
        owner=collection.namespace,
        name=name,
        commands=(_build(collection, [index]),),
    )


def _build(collection: Collection, indexes: list[Index]) -> Command:
    documents = [index_document(index) for index in indexes]
    return collection.segment, {"createIndexes": collection.name, "indexes": documents}
