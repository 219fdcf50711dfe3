"""A database is there that is no segment's."""

from __future__ import annotations

from collections.abc import Iterator

from cluster_cli.schema.differences import Difference
from cluster_cli.schema.social import SocialFacts

NAME = "extra-database"
DOMAIN = "social"
ORDER = 72


def find(facts: SocialFacts) -> Iterator[Difference]:
    """Databases that hold something; what it is, and whether it may go, only a person can say."""
    for database in facts.live.others:
        yield Difference(
            NAME,
            "social",
            database,
            "no segment has this database",
            "person",
            f"look at what is in it, then in mongosh: use {database}; db.dropDatabase()",
        )
