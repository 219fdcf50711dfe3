"""An index is there under the registry's name and is another."""

from __future__ import annotations

from collections.abc import Iterator

from app_core.schema.model import Collection, Index
from cluster_cli.schema.differences import Difference
from cluster_cli.schema.indexes import Live, differing, in_place_everywhere, index_document, told
from cluster_cli.schema.social import SocialFacts

NAME = "index-differs"
DOMAIN = "social"
ORDER = 35


def find(facts: SocialFacts) -> Iterator[Difference]:
    """Expiries and hidden indexes are cured in place; all else is a drop and a build, and must be named."""
    for collection in facts.collections:
        on = facts.live.of(collection).on
        for index in collection.indexes:
            wrong = differing(index, on)
            if wrong:
                words = told(wrong, on)
                changes = in_place_everywhere(index, on)
                yield (
                    _modify(collection, index, changes, words)
                    if changes
                    else _rebuild(collection, index, words)
                )


def _modify(collection: Collection, index: Index, changes: Live, words: str) -> Difference:
    change = {"name": index.name, **changes}
    deletes = "; what is older than the new limit is deleted by the servers"
    return Difference(
        NAME,
        "social",
        f"{collection.namespace} {index.name}",
        words,
        "apply",
        f"collMod (in place{deletes if 'expireAfterSeconds' in changes else ''})",
        owner=collection.namespace,
        commands=((collection.segment, {"collMod": collection.name, "index": change}),),
    )


def _rebuild(collection: Collection, index: Index, words: str) -> Difference:
    name = f"{collection.namespace}.{index.name}"
    return Difference(
        NAME,
        "social",
        f"{collection.namespace} {index.name}",
        words,
        "drop",
        f"swapctl schema apply --allow-drop {name} (drops and builds it; queries go without meanwhile)",
        work="build",
        owner=collection.namespace,
        name=name,
        blocks=True,
        commands=(
            (collection.segment, {"dropIndexes": collection.name, "index": index.name}),
            (collection.segment, {"createIndexes": collection.name, "indexes": [index_document(index)]}),
        ),
    )
