"""Joins formed sets to one sharded cluster, through a router, by the public commands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app_core.errors import UnhealthyError
from cluster_cli.bootstrap.set_plan import SetSpec
from cluster_cli.bootstrap.sharding_plan import (
    connection_string,
    misplaced_databases,
    missing_databases,
    missing_shards,
    missing_zones,
)
from cluster_cli.engines.mongodb.clients import Client

Segments = Mapping[str, tuple[str, ...]]


def ensure_default_write_concern(client: Client) -> bool:
    """Make `majority` the cluster's own default, so that an arbiter cannot weaken it to `w: 1`."""
    current = client.admin.command("getDefaultRWConcern")
    stored = current.get("defaultWriteConcernSource") == "global"
    if stored and current.get("defaultWriteConcern", {}).get("w") == "majority":
        return False
    client.admin.command(
        {
            "setDefaultRWConcern": 1,
            "defaultWriteConcern": {"w": "majority", "wtimeout": 0},
            "writeConcern": {"w": "majority"},
        }
    )
    return True


def ensure_shards(client: Client, specs: Iterable[SetSpec]) -> bool:
    """Add the shards that the cluster does not have yet."""
    missing = missing_shards(client.config.shards.find(), specs)
    for spec in missing:
        client.admin.command({"addShard": connection_string(spec), "name": spec.name})
    return bool(missing)


def ensure_zones(client: Client, segments: Segments) -> bool:
    """Put every shard into its segment's zone."""
    missing = missing_zones(client.config.shards.find(), segments)
    for shard, zone in missing:
        client.admin.command({"addShardToZone": shard, "zone": zone})
    return bool(missing)


def ensure_databases(client: Client, segments: Segments) -> bool:
    """Create each segment's database on a shard of the segment.

    Raises UnhealthyError for one that lies elsewhere: its unsharded collections would be misplaced.
    """
    present = list(client.config.databases.find())
    for database, shard in misplaced_databases(present, segments):
        raise UnhealthyError(
            "the database's primary shard is not in its segment",
            on=database,
            why=f"it is {shard}, the segment has {', '.join(segments[database])}",
            hint=f"movePrimary {database} to {segments[database][0]}",
        )
    missing = missing_databases(present, segments)
    for database, shard in missing:
        client.admin.command({"enableSharding": database, "primaryShard": shard})
    return bool(missing)
