"""Commands that define data: they run at a database's primary shard, which coordinates the others."""

from __future__ import annotations

import asyncio
from typing import Any

from infra.router.authorize import can_list_all, visible_collections
from infra.router.batches import batch_reply, take_batch
from infra.router.bsonraw import Document, decode, encode
from infra.router.catalog import MAJORITY
from infra.router.core import Router, ShardReply, first_error, versions
from infra.router.errors import STALE, CommandError
from infra.router.reads import on_config, session_context
from infra.router.remotecursor import LocalCursor, adopt
from infra.router.reply import public
from infra.router.request import Answer, Request
from infra.router.transactionreads import drain

_ATTEMPTS = 10
_FIRST_BATCH = 101


async def at_primary_shard(
    router: Router,
    request: Request,
    document: Document,
    database: str | None = None,
    *,
    create: bool = False,
    sharded_version: bool = False,
) -> ShardReply | None:
    """A command at the database's primary shard with its databaseVersion; None without the database."""
    name = database or request.database
    answer: ShardReply | None = None
    for attempt in range(_ATTEMPTS):
        entry = await router.catalog.database(name, create=create)
        if entry is None:
            return None
        extra = {"databaseVersion": entry["version"]} if "version" in entry else {}
        if sharded_version:
            extra = versions(entry, None, entry["primary"])
        body = router.compose({**document, **extra, "$db": document.get("$db", name)})
        answer = await router.on_shard(
            request, entry["primary"], body, again=True, preference=request.preference
        )
        if answer.reply.ok or answer.reply.code not in STALE:
            return answer
        router.catalog.forget(name)
        await asyncio.sleep(0.03 * attempt)
    return answer


def result(answer: ShardReply) -> Document:
    """A shard's reply as the client's; a failure is raised."""
    document = public(answer.reply.document)
    if not answer.reply.ok:
        raise CommandError.from_reply(document)
    return document


def majority(request: Request) -> Document:
    """The write concern of a coordinated change: majority, with the client's time limit."""
    concern: Document = request.command.get("writeConcern") or {}
    timeout = concern.get("wtimeout") or MAJORITY["wtimeout"]
    return {"writeConcern": {"w": "majority", "wtimeout": timeout}}


async def coordinated(router: Router, request: Request, name: str) -> Document | None:
    """`_shardsvr*` form of a collection command; None when the database does not exist."""
    arguments = request.arguments("writeConcern")
    value = arguments.pop(request.name)
    answer = await at_primary_shard(router, request, {name: value, **arguments, **majority(request)})
    router.catalog.forget(request.database, f"{request.database}.{value}")
    return None if answer is None else result(answer)


async def create(router: Router, request: Request) -> Answer:
    """create: collection, capped, time series, view."""
    if request.database in ("admin", "config"):
        return await on_config(router, request)
    document = {**request.arguments("writeConcern"), **router.write_concern(request)}
    answer = await at_primary_shard(router, request, document, create=True, sharded_version=True)
    assert answer is not None
    return result(answer)


async def create_indexes(router: Router, request: Request) -> Answer:
    """createIndexes: on every owner of the collection."""
    if request.database in ("admin", "config"):
        return await on_config(router, request)
    base = {**request.arguments("writeConcern"), **router.write_concern(request)}
    replies = await router.versioned(request, request.namespace, lambda _: dict(base), create=True)
    raw = {_connection(router, answer.shard): public(answer.reply.document) for answer in replies}
    failed = first_error(replies)
    if failed is not None:
        error = CommandError.from_reply(public(failed.document))
        error.extra["raw"] = raw
        raise error
    return {"raw": raw, "ok": 1.0}


def _connection(router: Router, shard: str) -> str:
    return router.catalog.shards[shard].connection_string


async def drop(router: Router, request: Request) -> Answer:
    """drop: a collection that is not there is no error for it on a mongos 6.0."""
    if request.database in ("admin", "config"):
        return await on_config(router, request)
    _ = request.collection
    reply = await coordinated(router, request, "_shardsvrDropCollection")
    if reply is None:
        raise CommandError(26, "ns not found")
    return {**reply, "ns": request.namespace} if "ns" not in reply and reply.get("nIndexesWas") else reply


async def drop_database(router: Router, request: Request) -> Answer:
    """dropDatabase."""
    if request.database in ("admin", "config"):
        raise CommandError(20, f"Cannot drop '{request.database}' database")
    arguments = request.arguments("writeConcern")
    arguments.pop(request.name)
    answer = await at_primary_shard(
        router, request, {"_shardsvrDropDatabase": 1, **arguments, **majority(request)}
    )
    router.catalog.forget(request.database)
    return {"ok": 1.0} if answer is None else {"dropped": request.database, **result(answer)}


async def modify(router: Router, request: Request) -> Answer:
    """collMod."""
    if request.database in ("admin", "config"):
        return await on_config(router, request)
    reply = await coordinated(router, request, "_shardsvrCollMod")
    if reply is None:
        raise CommandError(26, "ns does not exist")
    return reply


async def drop_indexes(router: Router, request: Request) -> Answer:
    """dropIndexes."""
    if request.database in ("admin", "config"):
        return await on_config(router, request)
    reply = await coordinated(router, request, "_shardsvrDropIndexes")
    if reply is None:
        raise CommandError(26, "ns not found")
    return reply


async def rename(router: Router, request: Request) -> Answer:
    """renameCollection (on admin)."""
    source = request.command["renameCollection"]
    database, _, collection = split_namespace(source)
    arguments = request.arguments("writeConcern", "renameCollection")
    if split_namespace(arguments.get("to"))[0] != database:
        source_entry = await router.catalog.database(database)
        target = await router.catalog.database(split_namespace(arguments.get("to"))[0], create=True)
        if source_entry and target and source_entry["primary"] != target["primary"]:
            raise CommandError(
                20, "Source and destination collections must be on the same database primary shard."
            )
    document = {"_shardsvrRenameCollection": collection, **arguments, **majority(request)}
    answer = await at_primary_shard(router, request, document, database)
    router.catalog.forget(database)
    router.catalog.forget(split_namespace(arguments.get("to"))[0])
    if answer is None:
        raise CommandError(26, f"Source collection {source} does not exist")
    result(answer)
    return {"ok": 1.0}


def split_namespace(value: Any) -> tuple[str, str, str]:
    """(database, ".", collection) of a full name; CommandError 73 when it is none."""
    if not isinstance(value, str) or not all(value.partition(".")):
        raise CommandError(73, f"Invalid namespace specified '{value}'")
    database, dot, collection = value.partition(".")
    return database, dot, collection


async def simple_at_primary(router: Router, request: Request) -> Answer:
    """A command that works on unsharded collections only, at the database's primary shard."""
    if request.database in ("admin", "config"):
        return await on_config(router, request)
    value = request.command[request.name]
    if isinstance(value, str) and await router.catalog.table(f"{request.database}.{value}") is not None:
        raise CommandError(20, f"{request.name} is not supported on sharded collections")
    document = {**request.arguments("writeConcern"), **router.write_concern(request)}
    answer = await at_primary_shard(router, request, document, create=True, sharded_version=True)
    assert answer is not None
    return result(answer)


# -- lists


async def list_collections(router: Router, request: Request) -> Answer:
    """listCollections: as far as the user may see them."""
    document = {
        **request.arguments("readConcern", "writeConcern"),
        **request.session_fields(),
        **request.api(),
    }
    if request.database in ("admin", "config"):
        body = router.compose({**document, "$db": request.database})
        answer: ShardReply | None = await router.on_shard(
            request, "config", body, preference=request.preference, again=True
        )
    else:
        answer = await at_primary_shard(router, request, document)
    if answer is None:
        return batch_reply("firstBatch", [], 0, request.database + ".$cmd.listCollections")
    if not answer.reply.ok:
        raise CommandError.from_reply(public(answer.reply.document))
    if can_list_all(router, request):
        return adopt(router, request, answer.reply, answer.member, session_context(request))
    return await _visible(router, request, answer)


async def _visible(router: Router, request: Request, answer: ShardReply) -> Answer:
    more = request.derive({"aggregate": "$cmd.listCollections", "$db": request.database})
    documents = [decode(raw) for raw in await drain(router, more, answer, request.cursor_fields())]
    names = visible_collections(router, request, [d["name"] for d in documents])
    kept = [encode(d) for d in documents if d["name"] in names]
    return listed(router, request, kept, request.database + ".$cmd.listCollections")


def listed(router: Router, request: Request, documents: list[bytes], namespace: str) -> Answer:
    """Documents that the router holds, as a cursor."""
    cursor: Document = request.command.get("cursor") or {}
    size = cursor.get("batchSize", _FIRST_BATCH)
    batch = take_batch(documents, size) if size else []
    number = router.cursors.register(request, namespace, LocalCursor(documents)).id if documents else 0
    return batch_reply("firstBatch", batch, number, namespace)


async def list_indexes(router: Router, request: Request) -> Answer:
    """listIndexes: from one owner."""
    if request.database in ("admin", "config"):
        return await on_config(router, request)
    document = {
        **request.arguments("readConcern", "writeConcern"),
        **request.session_fields(),
        **request.api(),
    }
    replies = await router.versioned(
        request, request.namespace, lambda _: dict(document), targets=lambda table: table.shards[:1]
    )
    if not replies:
        raise CommandError(26, f"ns does not exist: {request.namespace}")
    reply = replies[0].reply
    if not reply.ok:
        raise CommandError.from_reply(public(reply.document))
    return adopt(router, request, reply, replies[0].member, session_context(request))
