"""A shard key value changed: the document moves to its new shard in one distributed transaction."""

from __future__ import annotations

import secrets
from typing import Any

from bson import Binary, Int64

from infra.router.bsonraw import Document, dig
from infra.router.core import Router
from infra.router.errors import CommandError
from infra.router.request import Request
from infra.router.transactions import Transaction

WOULD_CHANGE_SHARD = 283
_ATTEMPTS = 5


async def exchange(router: Router, request: Request, transaction: Any, error: Document) -> None:
    """Delete the old document and insert the new one as part of `transaction`."""
    before, after = error["preImage"], error["postImage"]
    table = await router.catalog.table(request.namespace, refresh=True)
    if table is None:
        raise CommandError(13388, f"{request.namespace} is no longer sharded")
    collection = request.collection

    async def run(shard: str, document: Document) -> Document:
        command = {**document, "shardVersion": table.version(shard), "$db": request.database}

        def body(fields: Document) -> bytes:
            return router.compose({**command, **fields})

        answer = await transaction.send(router, request, shard, body)
        reply = answer.reply.document
        if reply.get("writeErrors"):
            first = reply["writeErrors"][0]
            extra = {k: v for k, v in first.items() if k in ("keyPattern", "keyValue")}
            raise CommandError(first["code"], first["errmsg"], extra=extra)
        return reply

    if not error.get("shouldUpsert"):
        query = {"_id": before["_id"], **{name: dig(before, name) for name in table.key}}
        removed = await run(
            table.shard_of_document(before), {"delete": collection, "deletes": [{"q": query, "limit": 1}]}
        )
        if removed["n"] != 1:
            raise CommandError(112, "the document changed meanwhile", labels=("TransientTransactionError",))
    await run(table.shard_of_document(after), {"insert": collection, "documents": [after]})


async def move_document(router: Router, request: Request, error: Document) -> Any | None:
    """Move a document outside a client's transaction; the upserted _id, or None for an update.

    CommandError 20 for a write that is not retryable, as on a mongos.
    """
    if not request.retryable_write:
        raise CommandError(
            20,
            "Must run update to shard key field in a multi-statement transaction or with retryWrites: true.",
        )
    session = {"id": Binary(secrets.token_bytes(16), 4)}
    transaction = Transaction(session, Int64(1), {}, {})
    try:
        await exchange(router, request, transaction, error)
    except BaseException:
        await transaction.leave(router, request, list(transaction.participants))
        raise
    await _commit(router, request, transaction)
    return error["postImage"]["_id"] if error.get("shouldUpsert") else None


async def _commit(router: Router, request: Request, transaction: Any) -> None:
    shards = list(transaction.participants)
    kind: Document = {"commitTransaction": 1}
    if len(shards) > 1:
        kind = {"coordinateCommitTransaction": 1, "participants": [{"shardId": shard} for shard in shards]}
    document = {**kind, **transaction.identity, **router.write_concern(request), "$db": "admin"}
    answer = await router.on_shard(request, shards[0], router.compose(document), again=True)
    if not answer.reply.ok:
        raise CommandError.from_reply(answer.reply.document)
