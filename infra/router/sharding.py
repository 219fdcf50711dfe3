"""Commands that administer the sharded cluster: shards, zones, balancer, chunks, sharded collections."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

from infra.router.bsonraw import Document
from infra.router.catalog import MAJORITY
from infra.router.core import Router
from infra.router.ddl import at_primary_shard, majority, result, split_namespace
from infra.router.errors import CommandError
from infra.router.reply import public
from infra.router.request import Answer, Request
from infra.router.routing import RoutingTable

Handler = Callable[[Router, Request], Awaitable[Answer]]


def on_config_primary(
    name: str | None = None, *, write_concern: bool = True, shards: bool = False
) -> Handler:
    """A handler that passes the command to the config primary under `name` (default: its own)."""

    async def handler(router: Router, request: Request) -> Answer:
        arguments = request.arguments("writeConcern")
        value = arguments.pop(request.name)
        document = {name or request.name: value, **arguments, **(majority(request) if write_concern else {})}
        database = request.database if name is None else "admin"
        reply = await router.catalog.must_config(document, database)
        router.catalog.forget_all()
        if shards:
            await router.catalog.load_shards()
        return reply

    return handler


async def list_shards(router: Router, request: Request) -> Answer:
    """listShards."""
    return {"shards": await router.catalog.find_config("shards", {}), "ok": 1.0}


async def enable_sharding(router: Router, request: Request) -> Answer:
    """enableSharding: makes the database, on a chosen primary shard if named."""
    name = request.command["enableSharding"]
    document: Document = {"_configsvrCreateDatabase": name, "writeConcern": MAJORITY}
    if request.command.get("primaryShard"):
        document["primaryShardId"] = request.command["primaryShard"]
    await router.catalog.must_config(document)
    router.catalog.forget(name)
    return {"ok": 1.0}


async def shard_collection(router: Router, request: Request) -> Answer:
    """shardCollection."""
    namespace = request.command["shardCollection"]
    database, _, collection = split_namespace(namespace)
    arguments = request.arguments("shardCollection", "key", "writeConcern")
    if not isinstance(request.command.get("key"), dict):
        raise CommandError(40414, "BSON field 'shardCollection.key' is missing but a required field")
    document = {
        "_shardsvrCreateCollection": collection, "shardKey": request.command["key"], **arguments,
        **majority(request),
    }  # fmt: skip
    answer = await at_primary_shard(router, request, document, database, create=True)
    router.catalog.forget(database, namespace)
    assert answer is not None
    result(answer)
    return {"collectionsharded": namespace, "ok": 1.0}


async def _sharded(router: Router, namespace: Any) -> RoutingTable:
    split_namespace(namespace)
    table = await router.catalog.table(namespace, refresh=True)
    if table is None:
        raise CommandError(118, f"Collection {namespace} is not sharded.")
    return table


async def move_range(router: Router, request: Request) -> Answer:
    """moveChunk and moveRange."""
    namespace, command = request.command[request.name], request.command
    table = await _sharded(router, namespace)
    to = command.get("to") or command.get("toShard")
    low, high = _range(table, command)
    document: Document = {"_configsvrMoveRange": namespace, "toShard": to, "min": low, **majority(request)}
    if high is not None:
        document["max"] = high
    if command.get("_waitForDelete") or command.get("waitForDelete"):
        document["waitForDelete"] = True
    if command.get("forceJumbo"):
        document["forceJumbo"] = command["forceJumbo"]
    start = time.monotonic()
    reply = await router.catalog.must_config(document)
    router.catalog.forget(namespace.partition(".")[0], namespace)
    return {"millis": int((time.monotonic() - start) * 1000), **reply}


def _range(table: RoutingTable, command: Document) -> tuple[Document, Document | None]:
    if command.get("find") is not None:
        chunk = table.chunk_of(table.key_of_document(command["find"]))
        return chunk.minimum, chunk.maximum
    if command.get("bounds"):
        return command["bounds"][0], command["bounds"][1]
    if command.get("min") is None and command.get("max") is None:
        raise CommandError(2, "need to specify find, bounds, or min")
    return command["min"], command.get("max")


async def split(router: Router, request: Request) -> Answer:
    """split: at `middle`, or in the middle of the chunk of `find` or `bounds`."""
    namespace, command = request.command["split"], request.command
    table = await _sharded(router, namespace)
    chunk, at = await _split_point(router, request, table, command)
    document = {
        "splitChunk": namespace, "from": chunk.shard, "keyPattern": table.key, "epoch": table.epoch,
        "timestamp": table.timestamp, "shardVersion": table.version(chunk.shard), "min": chunk.minimum,
        "max": chunk.maximum, "splitKeys": [at], "$db": "admin",
    }  # fmt: skip
    answer = await router.on_shard(request, chunk.shard, router.compose(document), again=True)
    router.catalog.forget(namespace.partition(".")[0], namespace)
    result(answer)
    return {"ok": 1.0}


async def _split_point(
    router: Router, request: Request, table: RoutingTable, command: Document
) -> tuple[Any, Document]:
    if command.get("middle") is not None:
        middle = command["middle"]
        return table.chunk_of(middle), middle
    if command.get("find") is not None:
        chunk = table.chunk_of(table.key_of_document(command["find"]))
    elif command.get("bounds"):
        chunk = table.chunk_of(command["bounds"][0])
    else:
        raise CommandError(2, "need to specify find/bounds or middle")
    document = {
        "splitVector": table.namespace, "keyPattern": table.key, "min": chunk.minimum, "max": chunk.maximum,
        "force": True, "$db": table.namespace.partition(".")[0],
    }  # fmt: skip
    answer = await router.on_shard(request, chunk.shard, router.compose(document), again=True)
    keys: list[Document] = result(answer).get("splitKeys") or []
    if not keys:
        raise CommandError(141, "unable to find median in chunk")
    return chunk, keys[0]


async def move_primary(router: Router, request: Request) -> Answer:
    """movePrimary."""
    name = request.command["movePrimary"]
    to = request.command.get("to") or request.command.get("moveTo")
    document = {"_shardsvrMovePrimary": name, "to": to, **majority(request), "$db": "admin"}
    answer = await at_primary_shard(router, request, document, name)
    router.catalog.forget(name)
    if answer is None:
        raise CommandError(26, f"Database {name} not found")
    return result(answer)


async def refine_key(router: Router, request: Request) -> Answer:
    """refineCollectionShardKey."""
    namespace = request.command["refineCollectionShardKey"]
    database, _, collection = split_namespace(namespace)
    document = {
        "_shardsvrRefineCollectionShardKey": collection, "newShardKey": request.command["key"],
        **majority(request)
    }  # fmt: skip
    answer = await at_primary_shard(router, request, document, database)
    router.catalog.forget(database, namespace)
    if answer is None:
        raise CommandError(26, f"Database {database} not found")
    return result(answer)


async def reshard(router: Router, request: Request) -> Answer:
    """reshardCollection."""
    namespace = request.command["reshardCollection"]
    database, _, _ = split_namespace(namespace)
    arguments = request.arguments("reshardCollection", "writeConcern")
    document = {"_shardsvrReshardCollection": namespace, **arguments, **majority(request), "$db": "admin"}
    answer = await at_primary_shard(router, request, document, database)
    router.catalog.forget(database, namespace)
    if answer is None:
        raise CommandError(26, f"Database {database} not found")
    return result(answer)


async def flush(router: Router, request: Request) -> Answer:
    """flushRouterConfig."""
    router.catalog.forget_all()
    await router.catalog.load_shards()
    return {"flushed": True, "ok": 1.0}


async def shard_version(router: Router, request: Request) -> Answer:
    """getShardVersion: the router's view of a collection's version."""
    table = await _sharded(router, request.command[request.name])
    newest = max(chunk.version for chunk in table.chunks)
    return {"version": newest, "versionEpoch": table.epoch, "versionTimestamp": table.timestamp, "ok": 1.0}


async def kill_op(router: Router, request: Request) -> Answer:
    """killOp of `shard:number`."""
    shard, _, number = str(request.command.get("op")).partition(":")
    if shard not in router.catalog.shards or not number.lstrip("-").isdigit():
        raise CommandError(2, 'The op argument to killOp must be of the format "shardid:opid"')
    document = {"killOp": 1, "op": int(number), "$db": "admin"}
    answer = await router.on_shard(request, shard, router.compose(document))
    return {"shard": shard, "shardid": int(number), **public(answer.reply.document)}
