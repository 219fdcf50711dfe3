"""An index of the registry is not there."""

from __future__ import annotations

from collections.abc import Iterator

from cluster_cli.schema.differences import Difference
from cluster_cli.schema.indexes import index_document, lacking, missing_indexes, where
from cluster_cli.schema.social import SocialFacts

NAME = "missing-index"
DOMAIN = "social"
ORDER = 30


def find(facts: SocialFacts) -> Iterator[Difference]:
    """Each missing index; those of one collection are built by one command, so that it is read once."""
    for collection in facts.collections:
        seen = facts.live.of(collection)
        if not seen.exists:
            continue
        missing = missing_indexes(collection, seen.on)
        documents = [index_document(index) for index in missing]
        build = (collection.segment, {"createIndexes": collection.name, "indexes": documents})
        for number, index in enumerate(missing):
            yield Difference(
                NAME,
                "social",
                f"{collection.namespace} {index.name}",
                f"the index is missing{where(lacking(index.name, seen.on), seen.on)}",
                "apply",
                "createIndexes (online, on every shard of the segment)",
                work="build",
                owner=collection.namespace,
                commands=(build,) if number == 0 else (),
            )
