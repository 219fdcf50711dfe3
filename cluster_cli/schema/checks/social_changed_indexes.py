"""An index is there under the registry's name and is another."""

from __future__ import annotations

from collections.abc import Iterator

from app_core.schema.model import Collection, Index
from cluster_cli.schema.differences import Difference
from cluster_cli.schema.indexes import (
    Live,
    differing,
    in_place_everywhere,
    index_document,
    shortens,
    told,
)
from cluster_cli.schema.social import SocialFacts

NAME = "index-differs"
DOMAIN = "social"
ORDER = 35


def find(facts: SocialFacts) -> Iterator[Difference]:
    """Expiries and hidden indexes are cured in place; all else is a drop and a build, and must be named.

    So must a shorter expiry on a collection that holds documents.
    """
    for collection in facts.collections:
        seen = facts.live.of(collection)
        for index in collection.indexes:
            wrong = differing(index, seen.on)
            if not wrong:
                continue
            words, changes = told(wrong, seen.on), in_place_everywhere(index, seen.on)
            if changes:
                yield _modify(collection, index, changes, words, not seen.empty and shortens(index, seen.on))
            else:
                yield _rebuild(collection, index, words)


def _modify(collection: Collection, index: Index, changes: Live, words: str, deletes: bool) -> Difference:
    """deletes: the servers will delete documents that the longer expiry would have kept."""
    change = {"name": index.name, **changes}
    name = f"{collection.namespace}.{index.name}" if deletes else ""
    allow = f"swapctl schema apply --allow-drop {name} (collMod; the servers then delete what has expired)"
    return Difference(
        NAME,
        "social",
        f"{collection.namespace} {index.name}",
        words,
        "drop" if deletes else "apply",
        allow if deletes else "collMod (in place)",
        owner=collection.namespace,
        name=name,
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
