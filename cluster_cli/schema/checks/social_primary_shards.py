"""A segment's database has its primary shard in another segment."""

from __future__ import annotations

from collections.abc import Iterator

from cluster_cli.bootstrap.sharding_plan import misplaced_databases
from cluster_cli.schema.differences import Difference
from cluster_cli.schema.social import SocialFacts

NAME = "primary-shard"
DOMAIN = "social"
ORDER = 6


def find(facts: SocialFacts) -> Iterator[Difference]:
    """Unsharded collections lie on the primary shard; moving them stops their writes: a person decides."""
    segments = facts.live.segments
    for database, shard in misplaced_databases(facts.live.database_entries, segments):
        wanted = ", ".join(segments[database])
        yield Difference(
            NAME,
            "social",
            database,
            f"its primary shard is {shard}, the segment has {wanted}",
            "person",
            f'db.adminCommand({{movePrimary: "{database}", to: "{segments[database][0]}"}}) '
            "(moves its unsharded collections; their writes fail meanwhile)",
        )
