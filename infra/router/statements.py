"""The statements of a transaction: which shards they run on, and how their results join."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from bson import Int64

from infra.router.bsonraw import Document, decode, encode, rebuild
from infra.router.core import Router, ShardReply, owners, together, versions
from infra.router.cursors import LocalCursor, adopt, batch_reply, take_batch
from infra.router.errors import STALE, TRANSIENT_IN_TRANSACTION, TRANSIENT_LABEL, CommandError
from infra.router.merge import TRANSACTION_FIELDS, open_merged
from infra.router.ordering import sort_key
from infra.router.pipelines import leading_match, shard_part
from infra.router.reply import Reply, public
from infra.router.request import Answer, Request
from infra.router.routing import RoutingTable
from infra.router.transactions import Transaction, give_up
from infra.router.wcos import WOULD_CHANGE_SHARD, exchange
from infra.router.writebatch import FIELDS, chunked, plan

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
_FIRST_BATCH = 101
_DROP = tuple(
    name.encode() for name in (*TRANSACTION_FIELDS, "apiVersion", "apiStrict", "apiDeprecationErrors")
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
        return await _write(router, request, transaction, entry, table)
    shards = owners(entry, table, lambda t: _read_targets(request, t))
    if len(shards) > 1 and table is not None:
        return await _on_several(router, request, transaction, table, shards)
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
        return request.forward({**version, **fields}, router.clock.upstream(), *_DROP)

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


# -- several shards


def _caller(router: Router, request: Request, transaction: Transaction) -> Callable[[str, Document], Any]:
    async def call(shard: str, document: Document) -> ShardReply:
        return await transaction.send(
            router,
            request,
            shard,
            lambda fields: router.compose({**document, **fields, "$db": request.database}),
        )

    return call


async def _on_several(
    router: Router, request: Request, transaction: Transaction, table: RoutingTable, shards: list[str]
) -> Answer:
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
    base = {**_own_arguments(request), "pipeline": stages, "cursor": {}}
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
    command = {"aggregate": 1, "pipeline": [source, *rest], "cursor": {}, **base}
    answer = await _caller(router, request, transaction)(shard, command)
    more = request.derive({"aggregate": 1, "$db": request.database})
    return await drain(router, more, answer, transaction.identity | transaction.api)


# -- writes


async def _write(
    router: Router, request: Request, transaction: Transaction, entry: Document, table: RoutingTable | None
) -> Answer:
    """Statements in order, shard by shard; the first write error ends the transaction."""
    name, field_name = request.name, FIELDS[request.name]
    statements = request.documents(field_name)
    if not 1 <= len(statements) <= 100_000:
        raise CommandError(
            16, f"Write batch sizes must be between 1 and 100000. Got {len(statements)} operations."
        )
    if table is None:
        groups, refused = chunked(statements, entry["primary"]), {}
    else:
        planned = plan(name, statements, table, ordered=True)
        groups, refused = planned.groups, planned.errors
    total = _Total(name)
    for group in groups:
        for shard in group.shards:
            matched = await _write_group(
                router, request, transaction, shard, versions(entry, table, shard), group, total
            )
            if total.errors or (matched and not group.every):
                break
        if total.errors:
            break
    if refused and not total.errors:
        index, error = next(iter(refused.items()))
        total.errors.append({"index": index, "code": error.code, "errmsg": error.message})
    if total.errors:
        await give_up(router, request, transaction)
    return total.reply()


async def _write_group(
    router: Router,
    request: Request,
    transaction: Transaction,
    shard: str,
    version: Document,
    group: Any,
    total: _Total,
) -> int:
    field_name = FIELDS[request.name].encode()
    items = list(group.items)
    matched = 0
    while items:
        sequence = [(field_name, b"".join(raw for _, raw in items))]

        def body(fields: Document) -> bytes:
            return request.forward(
                {**version, **fields}, router.clock.upstream(), field_name, b"stmtId", b"stmtIds", *_DROP
            )

        try:
            answer = await transaction.send(router, request, shard, body, sequence)
        except CommandError as error:
            if error.code != WOULD_CHANGE_SHARD:
                raise
            await exchange(router, request, transaction, error.extra)
            total.moved(items[0][0], error.extra)
            return 1
        document = answer.reply.document
        errors = document.get("writeErrors", [])
        matched += total.add(document, [index for index, _ in items])
        if not errors or errors[0].get("code") != WOULD_CHANGE_SHARD:
            _raise_stale(errors, shard)
            break
        total.errors.clear()
        await exchange(router, request, transaction, errors[0])
        total.moved(items[errors[0]["index"]][0], errors[0])
        matched += 1
        items = items[errors[0]["index"] + 1 :]
    return matched


def _raise_stale(errors: list[Document], shard: str) -> None:
    for error in errors:
        if error.get("code") in STALE:
            raise CommandError(error["code"], error.get("errmsg", ""), extra={"shard": shard})


class _Total:
    """The joined result of a write statement."""

    def __init__(self, name: str) -> None:
        self.name, self.n, self.modified = name, 0, 0
        self.upserted: list[Document] = []
        self.errors: list[Document] = []

    def add(self, document: Document, positions: list[int]) -> int:
        """Add a shard's result; returns how many it matched."""
        self.n += document.get("n", 0)
        self.modified += document.get("nModified", 0)
        self.upserted += [{**u, "index": positions[u["index"]]} for u in document.get("upserted", ())]
        self.errors += [{**e, "index": positions[e["index"]]} for e in document.get("writeErrors", ())]
        return int(document.get("n", 0))

    def moved(self, index: int, error: Document) -> None:
        """A document changed its shard."""
        self.n += 1
        if error.get("shouldUpsert"):
            self.upserted.append({"index": index, "_id": error["postImage"]["_id"]})
        else:
            self.modified += 1

    def reply(self) -> Document:
        """The client's reply."""
        reply: Document = {"n": self.n}
        if self.name == "update":
            reply["nModified"] = self.modified
        if self.upserted:
            reply["upserted"] = self.upserted
        if self.errors:
            reply["writeErrors"] = self.errors
        return {**reply, "ok": 1.0}
