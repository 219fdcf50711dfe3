"""The statements of a transaction: which shards they run on, and how their results join."""

from __future__ import annotations

import asyncio

from infra.router.batches import batch_reply
from infra.router.bsonraw import Document, encode, rebuild
from infra.router.core import Router, ShardReply, owners, versions
from infra.router.errors import STALE, TRANSIENT_IN_TRANSACTION, TRANSIENT_LABEL, CommandError
from infra.router.pipelines import leading_match
from infra.router.remotecursor import adopt
from infra.router.reply import Reply
from infra.router.request import Answer, Request
from infra.router.routing import RoutingTable
from infra.router.transactionreads import on_several
from infra.router.transactions import OWNED, Transaction, give_up
from infra.router.transactionwrites import write
from infra.router.wcos import WOULD_CHANGE_SHARD, exchange
from infra.router.writebatch import FIELDS

_ALLOWED = frozenset(
    {
        "insert",
        "update",
        "delete",
        "find",
        "aggregate",
        "distinct",
        "findAndModify",
        "findandmodify",
        "create",
        "createIndexes",
    }
)


async def statement(router: Router, request: Request) -> Answer:
    """One statement of a transaction; an error aborts the transaction as on a mongos."""
    _check(request)
    transactions = router.transactions
    starting = bool(request.command.get("startTransaction"))
    transaction = transactions.begin(router, request) if starting else transactions.current(request)
    try:
        answer = await _with_fresh_metadata(router, request, transaction)
    except CommandError as error:
        if error.code in TRANSIENT_IN_TRANSACTION and TRANSIENT_LABEL not in error.labels:
            error.labels.append(TRANSIENT_LABEL)
        error.extra["recoveryToken"] = transaction.recovery_token
        await give_up(router, request, transaction)
        raise
    return _with_token(answer, transaction)


def _check(request: Request) -> None:
    if request.name not in _ALLOWED:
        raise CommandError(263, f"Cannot run '{request.name}' in a multi-document transaction.")
    if request.database in ("config", "admin", "local"):
        raise CommandError(
            263, f"Cannot run command against the '{request.database}' database in a transaction."
        )
    if "writeConcern" in request.command:
        raise CommandError(72, "writeConcern is not allowed within a multi-statement transaction")
    if "readConcern" in request.command and not request.command.get("startTransaction"):
        raise CommandError(72, "Only the first command in a transaction may specify a readConcern")
    if request.preference.mode != "primary":
        raise CommandError(72, "Read preference in a transaction must be primary")


def _with_token(answer: Answer, transaction: Transaction) -> Answer:
    """The answer with the recovery token that a driver needs for its commit."""
    raw = answer if isinstance(answer, bytes) else answer.raw if isinstance(answer, Reply) else encode(answer)
    return Reply(rebuild(raw, {b"recoveryToken"}, encode({"recoveryToken": transaction.recovery_token})))


async def _with_fresh_metadata(router: Router, request: Request, transaction: Transaction) -> Answer:
    """Run the statement; again with fresh metadata while only shards that it brought in were stale."""
    for attempt in range(10):
        before = set(transaction.participants)
        try:
            return await _run(router, request, transaction)
        except CommandError as error:
            if error.code not in STALE:
                raise
            new = [shard for shard in transaction.participants if shard not in before]
            router.catalog.forget(request.database, request.namespace)
            if not new or (before and error.extra.get("shard") in before):
                raise
            await transaction.leave(router, request, new)
            await asyncio.sleep(0.02 * attempt)
    raise CommandError(13388, "metadata kept changing", labels=(TRANSIENT_LABEL,))


async def _run(router: Router, request: Request, transaction: Transaction) -> Answer:
    writes = request.name not in ("find", "aggregate", "distinct")
    entry = await router.catalog.database(request.database, create=writes)
    if entry is None:
        return _empty(request)
    table = await router.catalog.table(request.namespace)
    if request.name in FIELDS:
        return await write(router, request, transaction, entry, table)
    shards = owners(entry, table, lambda t: _read_targets(request, t))
    if len(shards) > 1 and table is not None:
        return await on_several(router, request, transaction, table, shards)
    answer = await _pass_on(router, request, transaction, shards[0], versions(entry, table, shards[0]))
    context = {**transaction.identity, **transaction.api}
    return adopt(router, request, answer.reply, answer.member, context)


def _empty(request: Request) -> Answer:
    if request.name == "distinct":
        return {"values": [], "ok": 1.0}
    return batch_reply("firstBatch", [], 0, request.namespace)


def _read_targets(request: Request, table: RoutingTable) -> list[str]:
    command = request.command
    if request.name in ("create", "createIndexes"):
        return table.shards
    if request.name == "aggregate":
        query = leading_match(command.get("pipeline", []))
    else:
        query = command.get("filter") if request.name == "find" else command.get("query")
    shards = table.shards_of_query(query, command.get("collation"))
    if request.name.lower() == "findandmodify" and (len(shards) > 1 or table.exact_key(query or {}) is None):
        raise CommandError(61, "Query for sharded findAndModify must contain the shard key")
    return shards


async def _pass_on(
    router: Router, request: Request, transaction: Transaction, shard: str, version: Document
) -> ShardReply:
    def body(fields: Document) -> bytes:
        return request.forward({**version, **fields}, router.clock.upstream(), *OWNED)

    try:
        return await transaction.send(router, request, shard, body, request.message.sequences)
    except CommandError as error:
        if error.code == WOULD_CHANGE_SHARD and request.name.lower() == "findandmodify":
            return await _moved_by_find(router, request, transaction, error)
        error.extra.setdefault("shard", shard) if error.code in STALE else None
        raise


async def _moved_by_find(
    router: Router, request: Request, transaction: Transaction, error: CommandError
) -> ShardReply:
    await exchange(router, request, transaction, error.extra)
    upsert = bool(error.extra.get("shouldUpsert"))
    value = (
        error.extra["postImage"]
        if request.command.get("new")
        else (None if upsert else error.extra["preImage"])
    )
    last: Document = {"n": 1, "updatedExisting": not upsert}
    if upsert:
        last["upserted"] = error.extra["postImage"]["_id"]
    reply = Reply(encode({"lastErrorObject": last, "value": value, "ok": 1.0}))
    return ShardReply("", reply, next(iter(router.catalog.config.members.values())))
