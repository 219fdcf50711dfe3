"""An index is there that the registry does not know."""

from __future__ import annotations

from collections.abc import Iterator

from cluster_cli.schema.differences import Difference
from cluster_cli.schema.indexes import extra_indexes, lacking, where
from cluster_cli.schema.social import SocialFacts

NAME = "extra-index"
DOMAIN = "social"
ORDER = 60


def find(facts: SocialFacts) -> Iterator[Difference]:
    """Extra indexes stay until they are named."""
    for collection in facts.collections:
        seen = facts.live.of(collection)
        for index in extra_indexes(collection, seen.indexes):
            having = set(seen.on) - set(lacking(index, seen.on))
            name = f"{collection.namespace}.{index}"
            yield Difference(
                NAME,
                "social",
                f"{collection.namespace} {index}",
                f"the registry does not have this index{where(having, seen.on)}",
                "drop",
                f"swapctl schema apply --allow-drop {name}, or add it to the registry",
                owner=collection.namespace,
                name=name,
                commands=((collection.segment, {"dropIndexes": collection.name, "index": index}),),
            )
