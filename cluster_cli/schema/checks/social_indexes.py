"""An index of the registry is not there."""

from __future__ import annotations

from collections.abc import Iterator

from cluster_cli.schema.differences import Difference
from cluster_cli.schema.indexes import missing_indexes
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
        documents = missing_indexes(collection, seen.indexes)
        build = (collection.segment, {"createIndexes": collection.name, "indexes": documents})
        for number, document in enumerate(documents):
            yield Difference(
                NAME,
                "social",
                f"{collection.namespace} {document['name']}",
                "the index is missing",
                "apply",
                "createIndexes (online, on every shard of the segment)",
                work="build",
                owner=collection.namespace,
                commands=(build,) if number == 0 else (),
            )
