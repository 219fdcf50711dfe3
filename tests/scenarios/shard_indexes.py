"""The indexes that each shard of a collection has, asked of its primary: a router shows those of one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app_core.schema.model import Collection
from cluster_cli.engines.mongodb.clients import Client, member_client, mongo_client
from cluster_cli.engines.mongodb.elections import primary
from cluster_cli.schema.indexes import index_difference
from infra.context import Context

Indexes = dict[str, dict[str, Any]]
"""name -> the index as listIndexes shows it."""


def indexes_on_shards(ctx: Context, collections: Iterable[Collection]) -> dict[str, dict[str, Indexes]]:
    """namespace -> shard -> its indexes."""
    with mongo_client(ctx, "root") as client:
        held = {entry: _holders(client, entry) for entry in collections}
    found: dict[str, dict[str, Indexes]] = {entry.namespace: {} for entry in held}
    for shard in sorted({shard for shards in held.values() for shard in shards}):
        member = primary(ctx, shard)
        assert member is not None, f"{shard} has no primary"
        with member_client(ctx, member) as client:
            for entry in (entry for entry, shards in held.items() if shard in shards):
                listed = client[entry.segment][entry.name].list_indexes()
                found[entry.namespace][shard] = {index["name"]: dict(index) for index in listed}
    return found


def _holders(client: Client, entry: Collection) -> set[str]:
    tracked = client.config.collections.find_one({"_id": entry.namespace})
    if tracked is not None:
        return {chunk["shard"] for chunk in client.config.chunks.find({"uuid": tracked["uuid"]})}
    database = client.config.databases.find_one({"_id": entry.segment})
    assert database is not None
    return {database["primary"]}


def wrong_on_shards(entry: Collection, on: dict[str, Indexes]) -> list[str]:
    """What the shards have otherwise than the registry says; an own index on the shard key is theirs."""
    found: list[str] = []
    wanted = {index.name: index for index in entry.indexes}
    for shard, live in on.items():
        found += [f"{shard} lacks {name}" for name in wanted if name not in live]
        for name, index in live.items():
            if name in wanted:
                words = index_difference(wanted[name], index)
                found += [f"{shard} {name}: {words}"] if words else []
            elif name != "_id_" and tuple(index["key"]) != entry.shard_key:
                found.append(f"{shard} has {name} as well")
    return found
