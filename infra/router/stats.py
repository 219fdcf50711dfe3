"""Figures about data and the router itself."""

from __future__ import annotations

import datetime
import os
import platform
import socket
import time

from infra.router.authorize import can_list_databases, visible_database
from infra.router.bsonraw import Document
from infra.router.core import Router, ShardReply, first_error, together
from infra.router.errors import CommandError
from infra.router.reads import on_config
from infra.router.reply import public
from infra.router.request import Answer, Request

STAND_IN = "swapskillStandIn"
"""Field by which buildInfo, hello and serverStatus say that this is no mongos."""
_SUMMED_DB = (
    "collections", "views", "objects", "dataSize", "storageSize", "indexes", "indexSize", "totalSize",
    "fsUsedSize", "fsTotalSize",
)  # fmt: skip
_SUMMED_COLLECTION = ("count", "size", "storageSize", "totalIndexSize", "totalSize", "freeStorageSize")
_FROM_SHARD = (
    "version",
    "asserts",
    "mem",
    "extra_info",
    "opcounters",
    "network",
    "logicalSessionRecordCache",
)


async def everywhere(router: Router, request: Request, document: Document, database: str) -> list[ShardReply]:
    """A command on every shard's primary."""

    async def one(shard: str) -> ShardReply:
        body = router.compose({**document, "$db": database})
        return await router.on_shard(request, shard, body, again=True, preference=request.preference)

    return await together(one(shard) for shard in sorted(router.catalog.shards))


def _raise_first(replies: list[ShardReply]) -> None:
    failed = first_error(replies)
    if failed is not None:
        raise CommandError.from_reply(public(failed.document))


async def db_stats(router: Router, request: Request) -> Answer:
    """dbStats: summed over the shards."""
    if request.database in ("admin", "config"):
        return await on_config(router, request)
    replies = await everywhere(router, request, request.arguments(), request.database)
    _raise_first(replies)
    documents = [answer.reply.document for answer in replies]
    raw = {router.catalog.shards[a.shard].connection_string: public(a.reply.document) for a in replies}
    total: Document = {"raw": raw, "db": request.database}
    total |= {key: sum(d.get(key, 0) for d in documents) for key in _SUMMED_DB}
    total["avgObjSize"] = total["dataSize"] / total["objects"] if total["objects"] else 0
    total["scaleFactor"] = documents[0].get("scaleFactor", 1) if documents else 1
    return {**total, "ok": 1.0}


async def coll_stats(router: Router, request: Request) -> Answer:
    """collStats: summed over the owners."""
    if request.database in ("admin", "config"):
        return await on_config(router, request)
    table = await router.catalog.table(request.namespace)
    base = request.arguments()
    replies = await router.versioned(
        request, request.namespace, lambda _: dict(base), preference=request.preference
    )
    _raise_first(replies)
    documents = {answer.shard: public(answer.reply.document) for answer in replies}
    total: Document = {"sharded": table is not None, "ns": request.namespace}
    total |= {key: sum(d.get(key, 0) for d in documents.values()) for key in _SUMMED_COLLECTION}
    total["nindexes"] = max((d.get("nindexes", 0) for d in documents.values()), default=0)
    total["avgObjSize"] = total["size"] // total["count"] if total["count"] else 0
    total["indexSizes"] = _index_sizes(list(documents.values()))
    total |= {"capped": any(d.get("capped") for d in documents.values()), "scaleFactor": base.get("scale", 1)}
    total |= {"nchunks": len(table.chunks) if table else 1, "shards": documents}
    if table is None and documents:
        total["primary"] = next(iter(documents))
    return {**total, "ok": 1.0}


def _index_sizes(documents: list[Document]) -> Document:
    sizes: Document = {}
    for document in documents:
        for name, size in document.get("indexSizes", {}).items():
            sizes[name] = sizes.get(name, 0) + size
    return sizes


async def data_size(router: Router, request: Request) -> Answer:
    """dataSize: summed over the owners."""
    namespace = request.command[request.name]
    if not isinstance(namespace, str) or "." not in namespace:
        raise CommandError(73, f"Invalid namespace specified '{namespace}'")
    base = request.arguments()
    replies = await router.versioned(request, namespace, lambda _: dict(base))
    _raise_first(replies)
    documents = [answer.reply.document for answer in replies]
    keys = ("size", "numObjects", "millis")
    return {**{key: sum(d.get(key, 0) for d in documents) for key in keys}, "ok": 1.0}


async def validate(router: Router, request: Request) -> Answer:
    """validate: on every owner."""
    if request.database in ("admin", "config"):
        return await on_config(router, request)
    base = request.arguments()
    replies = await router.versioned(request, request.namespace, lambda _: dict(base))
    _raise_first(replies)
    raw = {router.catalog.shards[a.shard].connection_string: public(a.reply.document) for a in replies}
    return {"valid": all(d.get("valid") for d in raw.values()), "raw": raw, "ok": 1.0}


async def list_databases(router: Router, request: Request) -> Answer:
    """listDatabases: what the shards hold, plus admin and config; only what the user may see."""
    command = request.command
    may_list = can_list_databases(router, request)
    if not may_list and command.get("authorizedDatabases") is False:
        raise CommandError(13, "not authorized on admin to execute command listDatabases")
    found = await _databases(router, request)
    if command.get("authorizedDatabases") or not may_list:
        found = [item for item in found if visible_database(router, request, item["name"])]
    found = await _filtered(router, request, found)
    if command.get("nameOnly"):
        return {"databases": [{"name": item["name"]} for item in found], "ok": 1.0}
    size = sum(item["sizeOnDisk"] for item in found)
    return {"databases": found, "totalSize": size, "totalSizeMb": size // 1048576, "ok": 1.0}


async def _databases(router: Router, request: Request) -> list[Document]:
    found: dict[str, Document] = {}
    for answer in await everywhere(router, request, {"listDatabases": 1}, "admin"):
        for item in public(answer.reply.document).get("databases", ()):
            if item["name"] not in ("admin", "local", "config"):
                new: Document = {"name": item["name"], "sizeOnDisk": 0, "empty": True, "shards": {}}
                known = found.setdefault(item["name"], new)
                known["sizeOnDisk"] += item["sizeOnDisk"]
                known["shards"][answer.shard] = item["sizeOnDisk"]
                known["empty"] = known["empty"] and item["empty"]
    reply = await router.catalog.must_config({"listDatabases": 1})
    found |= {item["name"]: item for item in reply["databases"] if item["name"] in ("admin", "config")}
    return [found[name] for name in sorted(found)]


async def _filtered(router: Router, request: Request, found: list[Document]) -> list[Document]:
    """Let a server apply the filter, so that any expression means what it means there."""
    query = request.command.get("filter")
    if not query:
        return found
    pipeline = [{"$documents": found}, {"$match": query}, {"$project": {"name": 1}}]
    reply = await router.catalog.must_config(
        {"aggregate": 1, "pipeline": pipeline, "cursor": {"batchSize": 10000}}
    )
    names = {item["name"] for item in reply["cursor"]["firstBatch"]}
    return [item for item in found if item["name"] in names]


async def server_status(router: Router, request: Request) -> Answer:
    """serverStatus of the router; what only a server can tell comes from the config primary."""
    reply = await router.catalog.command_config({"serverStatus": 1})
    shown = {key: reply[key] for key in _FROM_SHARD if key in reply}
    uptime = time.time() - router.started
    status: Document = {
        "host": f"{socket.gethostname()}:{router.port}", **shown, "version": reply.get("version", "6.0.5"),
        "process": "mongos", STAND_IN: True, "pid": os.getpid(), "uptime": uptime,
        "uptimeMillis": int(uptime * 1000), "uptimeEstimate": int(uptime), "localTime": _now(),
        "connections": {"current": router.connections, "available": 10_000 - router.connections},
        "opcounters": _opcounters(router), "transactions": {"currentOpen": len(router.transactions)},
        "metrics": {"cursor": {"open": {"total": len(router.cursors)}}, "commands": dict(router.counters)},
    }  # fmt: skip
    if router.security:
        status["security"] = router.security
    wanted = {k for k, v in request.command.items() if v in (0, False) and k in status}
    return {**{k: v for k, v in status.items() if k not in wanted}, "ok": 1.0}


def _opcounters(router: Router) -> Document:
    counted = router.counters
    named = {
        "insert": "insert",
        "query": "find",
        "update": "update",
        "delete": "delete",
        "getmore": "getMore",
    }
    known = {name: counted[command] for name, command in named.items()}
    return {**known, "command": sum(counted.values()) - sum(known.values())}


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


async def build_info(router: Router, request: Request) -> Answer:
    """buildInfo of the servers behind, with the mark of the stand-in."""
    reply = await router.catalog.command_config({"buildInfo": 1})
    if not reply.get("ok"):
        reply = {"version": "6.0.5", "versionArray": [6, 0, 5, 0], "ok": 1.0}
    return {**{k: v for k, v in reply.items() if k != "ok"}, "modules": [STAND_IN], STAND_IN: True, "ok": 1.0}


async def command_line(router: Router, request: Request) -> Answer:
    """getCmdLineOpts of the router."""
    return {"argv": router.argv, "parsed": router.parsed_options, "ok": 1.0}


async def get_parameter(router: Router, request: Request) -> Answer:
    """getParameter: the router's own ones, all others as the config primary has them."""
    arguments = request.arguments()
    reply = await router.catalog.must_config(arguments)
    own: Document = {"enableTestCommands": router.fail_points is not None}
    shown = arguments["getParameter"] == "*" or isinstance(arguments["getParameter"], dict)
    return {**reply, **{name: value for name, value in own.items() if shown or name in arguments}}


async def host_info(router: Router, request: Request) -> Answer:
    """hostInfo of the router's machine."""
    system: Document = {
        "currentTime": _now(), "hostname": socket.gethostname(), "cpuAddrSize": 64,
        "numCores": os.cpu_count() or 1, "cpuArch": platform.machine(),
    }  # fmt: skip
    kernel = {"type": platform.system(), "name": platform.system(), "version": platform.release()}
    return {"system": system, "os": kernel, "extra": {}, "ok": 1.0}
