"""Reads of a transaction over several shards: merged or collected in the router."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bson import Int64

from infra.router.batches import batch_reply, take_batch
from infra.router.bsonraw import Document, decode
from infra.router.core import Router, ShardReply, together
from infra.router.errors import CommandError
from infra.router.merge import TRANSACTION_FIELDS, open_merged
from infra.router.ordering import sort_key
from infra.router.pipelines import shard_part
from infra.router.remotecursor import LocalCursor
from infra.router.reply import public
from infra.router.request import Answer, Request
from infra.router.routing import RoutingTable
from infra.router.transactions import Transaction

_FIRST_BATCH = 101


def _caller(router: Router, request: Request, transaction: Transaction) -> Callable[[str, Document], Any]:
    async def call(shard: str, document: Document) -> ShardReply:
        return await transaction.send(
            router,
            request,
            shard,
            lambda fields: router.compose({**document, **fields, "$db": request.database}),
        )

    return call


async def on_several(
    router: Router, request: Request, transaction: Transaction, table: RoutingTable, shards: list[str]
) -> Answer:
    """A read whose documents are on several shards."""
    call = _caller(router, request, transaction)
    if request.name == "find":
        return (await open_merged(router, request, table, shards, {}, call))[0]
    if request.name == "distinct":
        raise CommandError(
            263, "Cannot run 'distinct' on a sharded collection in a multi-document transaction."
        )
    if request.name == "aggregate":
        return await _aggregate(router, request, transaction, table, shards)
    raise CommandError(263, f"Cannot run '{request.name}' over several shards in a transaction")


def _own_arguments(request: Request) -> Document:
    skip = {*TRANSACTION_FIELDS, "apiVersion", "apiStrict", "apiDeprecationErrors", "$readPreference"}
    return {key: value for key, value in request.command.items() if key not in skip}


def merge_distinct(lists: list[list[Any]]) -> list[Any]:
    """The union of the shards' distinct values, in order."""
    seen: dict[Any, Any] = {}
    for value in (value for values in lists for value in values):
        seen.setdefault(sort_key(value), value)
    return [seen[key] for key in sorted(seen)]


async def _aggregate(
    router: Router, request: Request, transaction: Transaction, table: RoutingTable, shards: list[str]
) -> Answer:
    """Streaming stages on every shard; the rest on the first shard over the collected documents."""
    first, rest = shard_part(request.command.get("pipeline", []))
    documents = await _collect(router, request, transaction, table, shards, first)
    if rest:
        documents = await _merge_part(router, request, transaction, shards[0], documents, rest)
    size = request.command.get("cursor", {}).get("batchSize", _FIRST_BATCH)
    batch = take_batch(documents, size) if size else []
    if not documents:
        return batch_reply("firstBatch", batch, 0, request.namespace)
    cursor = router.cursors.register(request, request.namespace, LocalCursor(documents))
    return batch_reply("firstBatch", batch, cursor.id, request.namespace)


async def _collect(
    router: Router,
    request: Request,
    transaction: Transaction,
    table: RoutingTable,
    shards: list[str],
    stages: list[Document],
) -> list[bytes]:
    call = _caller(router, request, transaction)
    base: Document = {**_own_arguments(request), "pipeline": stages, "cursor": {}}
    replies = await together(call(s, {**base, "shardVersion": table.version(s)}) for s in shards)
    collected: list[bytes] = []
    for answer in replies:
        collected += await drain(router, request, answer, transaction.identity | transaction.api)
    return collected


async def drain(router: Router, request: Request, answer: ShardReply, context: Document) -> list[bytes]:
    """All documents of a cursor that a member opened."""
    documents, reply = answer.reply.batch(), answer.reply
    while (found := reply.cursor_id()) is not None and found[0]:
        more = {"getMore": Int64(found[0]), "collection": request.command[request.name], **context}
        if not isinstance(more["collection"], str):
            more["collection"] = "$cmd.aggregate"
        reply = await router.ask(request, answer.member, {**more, "$db": request.database})
        if not reply.ok:
            raise CommandError.from_reply(public(reply.document))
        documents += reply.batch()
    return documents


async def _merge_part(
    router: Router,
    request: Request,
    transaction: Transaction,
    shard: str,
    documents: list[bytes],
    rest: list[Document],
) -> list[bytes]:
    base = {
        k: v
        for k, v in _own_arguments(request).items()
        if k in ("collation", "let", "allowDiskUse", "comment")
    }
    source = {"$documents": [{"$literal": decode(document)} for document in documents]}
    command: Document = {"aggregate": 1, "pipeline": [source, *rest], "cursor": {}, **base}
    answer = await _caller(router, request, transaction)(shard, command)
    more = request.derive({"aggregate": 1, "$db": request.database})
    return await drain(router, more, answer, transaction.identity | transaction.api)
