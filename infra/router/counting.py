"""count and distinct: every owner's answer, joined."""

from __future__ import annotations

from typing import Any

from infra.router.aggregate import on_cluster
from infra.router.bsonraw import Document
from infra.router.core import Router, ShardReply, first_error
from infra.router.errors import CommandError
from infra.router.ordering import sort_key
from infra.router.reads import as_document, is_view_error, on_config, read_concern
from infra.router.request import Answer, Request
from infra.router.transactionreads import merge_distinct


async def count(router: Router, request: Request) -> Answer:
    """The sum of the owners' counts; skip and limit are applied to the sum."""
    if request.database in ("admin", "config"):
        return await on_config(router, request)
    command = request.command
    query: Document = command.get("query") or {}
    table = await router.catalog.table(request.namespace)
    several = table is not None and len(table.shards_of_query(query, command.get("collation"))) > 1
    skip, limit = command.get("skip") or 0, abs(command.get("limit") or 0)
    changed: Document = {}
    if several:
        changed = {"skip": 0, **({"limit": limit + skip} if limit else {})}
    replies = await _on_owners(router, request, query, changed, several)
    failed = first_error(replies)
    if failed is not None and is_view_error(failed):
        return await _count_view(router, request)
    if failed is not None:
        return failed
    total = sum(answer.reply.document["n"] for answer in replies)
    if several:
        total = max(0, total - skip)
        total = min(total, limit) if limit else total
    return {"n": total, "ok": 1.0}


async def _on_owners(
    router: Router, request: Request, query: Document, changed: Document, several: bool
) -> list[ShardReply]:
    base = {**request.arguments("readConcern"), **changed, **request.session_fields()}
    base |= read_concern(router, request, several)
    if "$readPreference" in request.command:
        base["$readPreference"] = request.command["$readPreference"]
    return await router.versioned(
        request, request.namespace, lambda _: dict(base),
        targets=lambda table: table.shards_of_query(query, request.command.get("collation")),
        preference=request.preference,
    )  # fmt: skip


async def _count_view(router: Router, request: Request) -> Document:
    command = request.command
    tail: list[Document] = [{"$match": command.get("query") or {}}]
    tail += [{"$skip": command["skip"]}] if command.get("skip") else []
    tail += [{"$limit": abs(command["limit"])}] if command.get("limit") else []
    batch = await _view_batch(router, request, [*tail, {"$count": "n"}])
    return {"n": batch[0]["n"] if batch else 0, "ok": 1.0}


async def _view_batch(router: Router, request: Request, tail: list[Document]) -> list[Document]:
    """All results of a pipeline on the view."""
    command = {"aggregate": request.collection, "pipeline": tail, "cursor": {"batchSize": 1_000_000}}
    command |= {key: request.command[key] for key in ("collation", "readConcern") if key in request.command}
    derived = request.derive({**command, "$db": request.database})
    reply = as_document(await on_cluster(router, derived, derived.command))
    if not reply.get("ok"):
        raise CommandError.from_reply(reply)
    return reply["cursor"]["firstBatch"]


async def distinct(router: Router, request: Request) -> Answer:
    """The union of the owners' values."""
    if request.database in ("admin", "config"):
        return await on_config(router, request)
    query: Document = request.command.get("query") or {}
    table = await router.catalog.table(request.namespace)
    several = table is not None and len(table.shards_of_query(query, request.command.get("collation"))) > 1
    concern = read_concern(router, request, several).get("readConcern", {})
    changed: Document = {"readConcern": concern} if concern else {}
    replies = await _on_owners(router, request, query, changed, several)
    failed = first_error(replies)
    if failed is not None and is_view_error(failed):
        return {"values": await _distinct_view(router, request), "ok": 1.0}
    if failed is not None:
        return failed
    if len(replies) == 1:
        return replies[0].reply
    reply: Document = {"values": merge_distinct([a.reply.document["values"] for a in replies])}
    times = [a.reply.document["atClusterTime"] for a in replies if "atClusterTime" in a.reply.document]
    return {**reply, **({"atClusterTime": max(times)} if times else {}), "ok": 1.0}


async def _distinct_view(router: Router, request: Request) -> list[Any]:
    key = request.command["key"]
    tail: list[Document] = [
        {"$match": request.command.get("query") or {}},
        {"$unwind": {"path": "$" + key, "preserveNullAndEmptyArrays": True}},
        {"$group": {"_id": "$" + key}},
    ]
    values = [item["_id"] for item in await _view_batch(router, request, tail) if "_id" in item]
    return sorted(values, key=sort_key)
