"""A collection is there that the registry does not know."""

from __future__ import annotations

from collections.abc import Iterator

from cluster_cli.schema.differences import Difference
from cluster_cli.schema.social import SocialFacts

NAME = "extra-collection"
DOMAIN = "social"
ORDER = 70


def find(facts: SocialFacts) -> Iterator[Difference]:
    """Collections in the segments' databases; they stay, with their data, until they are named."""
    known = {collection.namespace for collection in facts.collections}
    for namespace, seen in sorted(facts.live.seen.items()):
        if namespace in known or not seen.exists:
            continue
        database, _, name = namespace.partition(".")
        yield Difference(
            NAME,
            "social",
            namespace,
            "the registry does not have this collection",
            "drop",
            f"swapctl schema apply --allow-drop {namespace} (deletes its data), or add it to the registry",
            owner=namespace,
            name=namespace,
            commands=((database, {"drop": name}),),
        )
