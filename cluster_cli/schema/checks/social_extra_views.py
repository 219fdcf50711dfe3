"""A view is there: the registry has none."""

from __future__ import annotations

from collections.abc import Iterator

from cluster_cli.schema.differences import Difference
from cluster_cli.schema.social import SocialFacts

NAME = "extra-view"
DOMAIN = "social"
ORDER = 71


def find(facts: SocialFacts) -> Iterator[Difference]:
    """Views in the segments' databases; they stay until they are named."""
    for namespace in sorted(facts.live.views):
        database, _, name = namespace.partition(".")
        yield Difference(
            NAME,
            "social",
            namespace,
            "the registry has no views",
            "drop",
            f"swapctl schema apply --allow-drop {namespace} (a view holds no data)",
            owner=namespace,
            name=namespace,
            commands=((database, {"drop": name}),),
        )
