"""Brings the live collections to what the registry says: zones before the first chunk, then indexes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pymongo.errors import OperationFailure

from app_core.errors import UnhealthyError
from app_core.schema import registry
from app_core.schema.model import Collection
from cluster_cli.bootstrap.schema_plan import Seen, ZoneRange, collection_commands
from cluster_cli.bootstrap.steps import StepLog
from cluster_cli.engines.mongodb.clients import Client, mongo_client
from infra.context import Context

_PARALLEL = 4
_NAMESPACE_NOT_FOUND = 26


def apply_collections(ctx: Context, log: StepLog, *, dry_run: bool = False) -> None:
    """Create what is missing of every collection; with `dry_run` only say what that is.

    Raises UnhealthyError for a live collection or index that contradicts the registry.
    """
    with contextlib.closing(mongo_client(ctx, "root")) as client:
        seen = _read(client, registry.collections())
        with ThreadPoolExecutor(_PARALLEL, thread_name_prefix="schema") as pool:
            done = pool.map(
                lambda c: _apply(ctx, client, c, seen[c.namespace], log, dry_run), registry.collections()
            )
            list(done)


def _read(client: Client, collections: Iterable[Collection]) -> dict[str, Seen]:
    """What the cluster has of each collection."""
    wanted = list(collections)
    keys = {doc["_id"]: tuple(doc["key"]) for doc in client.config.collections.find()}
    ranges: dict[str, list[ZoneRange]] = {}
    for tag in client.config.tags.find():
        ranges.setdefault(tag["ns"], []).append(ZoneRange(tag["ns"], tag["tag"], tag["min"], tag["max"]))
    with ThreadPoolExecutor(_PARALLEL) as pool:
        indexes = dict(zip(wanted, pool.map(lambda c: _indexes(client, c), wanted), strict=True))
    return {
        c.namespace: Seen(
            exists=indexes[c] is not None,
            key=keys.get(c.namespace),
            ranges=tuple(ranges.get(c.namespace, ())),
            indexes=indexes[c] or {},
        )
        for c in wanted
    }


def _indexes(client: Client, collection: Collection) -> dict[str, Mapping[str, Any]] | None:
    """The collection's indexes by name; None when there is no such collection."""
    try:
        found = client[collection.segment][collection.name].list_indexes()
        return {index["name"]: index for index in found} or None
    except OperationFailure as error:
        if error.code != _NAMESPACE_NOT_FOUND:
            raise
        return None


def _apply(
    ctx: Context, client: Client, collection: Collection, seen: Seen, log: StepLog, dry_run: bool
) -> None:
    assert ctx.topology.social is not None
    with log.step(f"collection {collection.namespace}") as step:
        _check_key(collection, seen)
        commands = collection_commands(
            collection, seen, len(ctx.topology.social.segments[collection.segment])
        )
        step.changed = bool(commands)
        for database, command in commands if not dry_run else ():
            # commands are encoded with the driver's bare defaults, which know no UUID
            client[database].command(command, codec_options=client.codec_options)


def _check_key(collection: Collection, seen: Seen) -> None:
    if seen.key is not None and seen.key != collection.shard_key:
        raise UnhealthyError(
            "the collection has another shard key",
            on=collection.namespace,
            why=f"{', '.join(seen.key)}; the registry says {', '.join(collection.shard_key) or 'none'}",
            hint="reshardCollection, or correct the registry",
        )
