"""Which shards hold a collection, and the indexes that each of them has: a router shows those of one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from app_core.errors import UnhealthyError, UsageError
from cluster_cli.engines.mongodb.clients import Client, member_client
from cluster_cli.engines.mongodb.elections import ELECTION_TIMEOUT_S, primary
from cluster_cli.waiting import ask_until
from infra.context import Context

Document = Mapping[str, Any]
Indexes = Mapping[str, Document]
"""name -> the index as listIndexes shows it."""
Owners = Mapping[str, tuple[str, ...]]
"""namespace -> the shards that hold it."""
_PARALLEL = 12
_TIMEOUT_S = 10.0


def chunk_owners(client: Client) -> dict[UUID, tuple[str, ...]]:
    """The shards that have chunks, by the collection's UUID."""
    pairs = client.config.chunks.aggregate([{"$group": {"_id": {"uuid": "$uuid", "shard": "$shard"}}}])
    found: dict[UUID, list[str]] = {}
    for pair in pairs:
        found.setdefault(pair["_id"]["uuid"], []).append(str(pair["_id"]["shard"]))
    return {uuid: tuple(sorted(shards)) for uuid, shards in found.items()}


def owners(
    namespaces: Iterable[str],
    collections: Iterable[Document],
    databases: Iterable[Document],
    chunks: Mapping[UUID, tuple[str, ...]],
) -> Owners:
    """Where each collection lies: with its chunks; one without chunks on its database's primary shard. Pure.

    collections, databases: the documents of `config.collections` and `config.databases`.
    """
    tracked = {str(entry["_id"]): chunks.get(entry["uuid"], ()) for entry in collections}
    primaries = {str(database["_id"]): str(database["primary"]) for database in databases}
    return {ns: tracked.get(ns) or (primaries[ns.partition(".")[0]],) for ns in namespaces}


def read_indexes(ctx: Context, held: Owners) -> dict[str, dict[str, Indexes]]:
    """namespace -> shard -> its primary's indexes. One connection a shard, the shards side by side.

    Raises UsageError for a shard that the topology does not have, UnhealthyError for one without a primary.
    """
    shards = sorted({shard for found in held.values() for shard in found})

    def read(shard: str) -> dict[str, Indexes]:
        return _of_shard(ctx, shard, [ns for ns, found in held.items() if shard in found])

    with ThreadPoolExecutor(_PARALLEL, thread_name_prefix="schema-indexes") as pool:
        parts = dict(zip(shards, pool.map(read, shards), strict=True))
    return {ns: {shard: parts[shard][ns] for shard in found} for ns, found in held.items()}


def _of_shard(ctx: Context, shard: str, namespaces: Iterable[str]) -> dict[str, Indexes]:
    if shard not in {endpoint.group for endpoint in ctx.of_kind("mongod-shard")}:
        raise UsageError(
            "a shard holds data and is not in the topology", on=shard, why="its indexes cannot be read"
        )
    member = ask_until(lambda: primary(ctx, shard), ELECTION_TIMEOUT_S)
    if member is None:
        raise UnhealthyError("no member of the shard is primary", on=shard, hint="swapctl status")
    with member_client(ctx, member, timeout=_TIMEOUT_S) as client:
        return {namespace: _listed(client, namespace) for namespace in namespaces}


def _listed(client: Client, namespace: str) -> Indexes:
    """None where the collection is not there: it was dropped in between, or by somebody on this shard."""
    database, _, name = namespace.partition(".")
    return {index["name"]: index for index in client[database][name].list_indexes()}
