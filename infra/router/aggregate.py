"""aggregate: straight to one shard when it can answer, otherwise by a shard that drives the others."""

from __future__ import annotations

import asyncio
from typing import Any

from infra.router import changestream, reads
from infra.router.batches import batch_reply
from infra.router.bsonraw import Document
from infra.router.core import Router, is_stale
from infra.router.errors import NOT_PRIMARY, RETRYABLE, STALE, CommandError, MemberLost, host_unreachable
from infra.router.member import Member
from infra.router.merge import MergedCursor, Stream, open_streams, reading
from infra.router.pipelines import STREAMING, leading_match, needs_cluster, stages, writes
from infra.router.reads import direct, is_view_error, on_config, read_concern
from infra.router.remotecursor import adopt
from infra.router.request import API_FIELDS, Answer, Request
from infra.router.routing import RoutingTable
from infra.router.selection import PRIMARY, choose

_ATTEMPTS = 10
_FIRST_BATCH = 101
_ROUTE_SECONDS = 20.0
_DRIVER_FIELDS = {"lsid", "$clusterTime", "cursor", *API_FIELDS}


async def aggregate(router: Router, request: Request) -> Answer:
    """Run a pipeline."""
    pipeline = request.command.get("pipeline")
    named = stages(pipeline)
    if named and named[0][0] == "$changeStream":
        return await changestream.open_stream(router, request)
    if request.command.get("explain"):
        return await _explain(router, request)
    if not isinstance(request.command["aggregate"], str):
        return await _collectionless(router, request, named)
    if request.database in ("admin", "config") and request.namespace != "config.system.sessions":
        return await on_config(router, request)
    return await _collection(router, request)


async def _explain(router: Router, request: Request) -> Answer:
    from infra.router.explain import explain_aggregate

    return await explain_aggregate(router, request.database, request.command, request)


async def _collectionless(router: Router, request: Request, named: list[tuple[str, Any]]) -> Answer:
    if request.command["aggregate"] != 1:
        raise CommandError(
            73, "Invalid command format: the 'aggregate' field must specify a collection name or 1"
        )
    first = named[0][0] if named else ""
    if first == "$currentOp" or first == "$documents":
        return await on_cluster(router, request, request.command)
    if first in ("$listLocalSessions", "$listSessions"):
        return await on_config(router, request)
    raise CommandError(
        73, "{aggregate: 1} is not valid for " + (f"'{first}'" if first else "an empty pipeline.")
    )


async def _collection(router: Router, request: Request) -> Answer:
    pipeline = request.command["pipeline"]
    answer: Answer = {}
    for attempt in range(_ATTEMPTS):
        entry = await router.catalog.database(request.database, create=writes(pipeline))
        if entry is None:
            return batch_reply("firstBatch", [], 0, request.namespace)
        table = await router.catalog.table(request.namespace)
        if needs_cluster(request.database, pipeline):
            return await on_cluster(router, request, request.command)
        targets = [entry["primary"]]
        if table is not None:
            targets = table.shards_of_query(leading_match(pipeline), request.command.get("collation"))
        if len(targets) == 1:
            answer, stale = await direct(router, request, entry, table, targets[0])
        elif table is not None and all(name in STREAMING for name, _ in stages(pipeline)):
            answer, stale = await _streaming(router, request, table, targets)
        else:
            return await on_cluster(router, request, request.command)
        if not stale:
            return await _or_view(router, request, answer)
        router.catalog.forget(request.database, request.namespace)
        await asyncio.sleep(0.02 * attempt)
    return answer


async def _or_view(router: Router, request: Request, answer: Answer) -> Answer:
    """The answer, unless it says that the collection is a view on a sharded one: the cluster resolves it."""
    if is_view_error(answer):
        return await on_cluster(router, request, request.command)
    return answer


async def find(router: Router, request: Request) -> Answer:
    """A find; on a view of a sharded collection it becomes an aggregation."""
    answer = await reads.find(router, request)
    if is_view_error(answer):
        return await on_cluster(router, request, find_as_aggregate(request.command))
    return answer


def find_as_aggregate(command: Document) -> Document:
    """The aggregation that returns what a find returns."""
    tail = [("$match", command.get("filter")), ("$sort", command.get("sort")), ("$skip", command.get("skip"))]
    tail += [("$limit", abs(command.get("limit") or 0)), ("$project", command.get("projection"))]
    pipeline = [{name: value} for name, value in tail if value]
    same = (
        "collation",
        "let",
        "hint",
        "maxTimeMS",
        "comment",
        "readConcern",
        "$readPreference",
        "allowDiskUse",
    )
    cursor = {"batchSize": command["batchSize"]} if "batchSize" in command else {}
    return {
        "aggregate": command["find"], "pipeline": pipeline, "cursor": cursor,
        **{key: command[key] for key in same if key in command},
    }  # fmt: skip


async def _streaming(
    router: Router, request: Request, table: RoutingTable, shards: list[str]
) -> tuple[Answer, bool]:
    """Stages that treat each document alone: run on every shard, joined in the router."""
    concern = read_concern(router, request, several=True)
    keep = {k: v for k, v in request.command.items() if k not in ("lsid", "$clusterTime")}
    base = {**keep, **concern}
    replies = await open_streams(
        shards, lambda s: {**base, "shardVersion": table.version(s)}, reading(router, request)
    )
    context = request.cursor_fields()
    merged = MergedCursor(router, [], request.database, request.collection, context, [])
    failed = None
    for answer in replies:
        if not answer.reply.ok:
            failed = answer.reply
            continue
        stream = Stream(answer.member, (answer.reply.cursor_id() or (0, 0))[0], [])
        merged.streams.append(stream)
        merged.load(stream, answer.reply.batch())
    if failed is not None:
        await merged.kill()
        return failed, is_stale(failed)
    size = request.command.get("cursor", {}).get("batchSize", _FIRST_BATCH)
    batch, done = ([], merged.finished) if size == 0 else await merged.next_batch(request, size)
    number = 0 if done else router.cursors.register(request, request.namespace, merged).id
    extra = {k: concern["readConcern"][k] for k in ("atClusterTime",) if k in concern.get("readConcern", {})}
    return batch_reply("firstBatch", batch, number, request.namespace, extra), False


async def on_cluster(router: Router, request: Request, command: Document) -> Answer:
    """Let a shard's primary run the pipeline over the whole cluster (clusterAggregate).

    Its cursor gets a driver session of its own: only by killing that can it be freed on all shards.
    """
    pipeline = command["pipeline"]
    fields = {k: v for k, v in command.items() if k not in _DRIVER_FIELDS}
    concern = read_concern(router, request, several=True)
    lsid = router.borrow_session()
    document = {
        "clusterAggregate": command["aggregate"], **{k: v for k, v in fields.items() if k != "aggregate"},
        "cursor": command.get("cursor", {}), **concern, "lsid": lsid, "$db": request.database,
    }  # fmt: skip
    if writes(pipeline):
        document |= router.write_concern(request)
        document.pop("$readPreference", None)
    reply, member = await _routed(router, request, document, again=not writes(pipeline))
    return adopt(router, request, reply, member, {"lsid": lsid}, cluster=True)


async def _routed(router: Router, request: Request, document: Document, *, again: bool) -> tuple[Any, Member]:
    loop = asyncio.get_running_loop()
    end = loop.time() + _ROUTE_SECONDS
    attempt = 0
    while True:
        attempt += 1
        member = await routing_member(router, request, end)
        try:
            reply = await router.ask(request, member, document)
        except MemberLost as error:
            if not again or attempt > 5:
                raise host_unreachable(error) from error
            continue
        if reply.ok or loop.time() > end or attempt > 9:
            return reply, member
        if reply.code in STALE:
            await _refresh(router, request, member, document)
        elif reply.code in NOT_PRIMARY and "caused by" not in reply.document.get("errmsg", ""):
            member.not_primary()
        if reply.code not in STALE and not (again and reply.code in RETRYABLE):
            return reply, member
        await asyncio.sleep(0.02 * attempt)


async def routing_member(router: Router, request: Request, end: float) -> Member:
    """A live primary to drive the others: the database's own shard if possible, any other if not."""
    while True:
        entry = await router.catalog.database(request.database)
        first = [entry["primary"]] if entry and entry["primary"] in router.catalog.shards else []
        for name in [*first, *sorted(router.catalog.shards)]:
            member = choose(list(router.catalog.shards[name].members.values()), PRIMARY)
            if member is not None:
                return member
        if asyncio.get_running_loop().time() > end:
            raise CommandError(133, "no shard has a live primary")
        await asyncio.sleep(0.05)


async def _refresh(router: Router, request: Request, member: Member, document: Document) -> None:
    """clusterAggregate never reloads the member's own metadata; clusterFind does."""
    collection = document["clusterAggregate"]
    if not isinstance(collection, str):
        return
    find: Document = {
        "clusterFind": collection,
        "filter": {},
        "limit": 1,
        "singleBatch": True,
        "$db": request.database,
    }
    try:
        await router.ask(request, member, find)
    except MemberLost:
        return
