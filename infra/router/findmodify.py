"""findAndModify: on the one shard that owns the document."""

from __future__ import annotations

import asyncio

from infra.router.batch import RESEND_SECONDS
from infra.router.bsonraw import Document
from infra.router.core import Router, versions
from infra.router.errors import CommandError
from infra.router.reads import on_config
from infra.router.reply import public
from infra.router.request import Answer, Request
from infra.router.routing import RoutingTable
from infra.router.sendwrite import labelled, send_write
from infra.router.wcos import move_document


async def find_and_modify(router: Router, request: Request) -> Answer:
    """Run it on the owner; again after a failover when it is retryable."""
    if request.database in ("admin", "config"):
        return await on_config(router, request)
    end = asyncio.get_running_loop().time() + RESEND_SECONDS
    attempt = 0
    while True:
        attempt += 1
        entry = await router.catalog.database(request.database, create=True)
        assert entry is not None
        table = await router.catalog.table(request.namespace)
        shard = entry["primary"] if table is None else _owner(request, table)
        extra = {**versions(entry, table, shard), **router.write_concern(request)}
        body = request.forward(extra, router.clock.upstream())
        outcome = await send_write(router, request, shard, body, request.message.sequences)
        if outcome.special and outcome.reply is not None:
            return await _moved(router, request, outcome.reply.document)
        if not outcome.stale and outcome.again is None:
            assert outcome.reply is not None
            if not outcome.reply.ok:
                raise labelled(request, CommandError.from_reply(public(outcome.reply.document)))
            return outcome.reply
        if outcome.stale:
            router.catalog.forget(request.database, request.namespace)
        if asyncio.get_running_loop().time() > end:
            raise labelled(request, outcome.again or CommandError(13388, "metadata kept changing"))
        await asyncio.sleep(min(0.5, 0.02 * attempt))


def _owner(request: Request, table: RoutingTable) -> str:
    query: Document = request.command.get("query") or {}
    key = table.exact_key(query)
    if key is None:
        raise CommandError(61, "Query for sharded findAndModify must contain the shard key")
    return table.chunk_of(key).shard


async def _moved(router: Router, request: Request, error: Document) -> Document:
    upserted = await move_document(router, request, error)
    last: Document = {"n": 1, "updatedExisting": upserted is None}
    if upserted is not None:
        last["upserted"] = upserted
    before = None if upserted is not None else error["preImage"]
    return {
        "lastErrorObject": last,
        "value": error["postImage"] if request.command.get("new") else before,
        "ok": 1.0,
    }
