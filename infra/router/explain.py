"""explain: every owner's plan in the shape of a mongos. Never sends explain of a cluster write."""

from __future__ import annotations

from typing import Any

from infra.router.bsonraw import Document, is_document
from infra.router.core import Router, ShardReply
from infra.router.errors import CommandError
from infra.router.pipelines import leading_match
from infra.router.reply import public
from infra.router.request import Answer, Request
from infra.router.routing import RoutingTable

_PLAIN = frozenset({"find", "count", "distinct", "findAndModify", "findandmodify", "update", "delete"})


async def explain(router: Router, request: Request) -> Answer:
    """The explain command."""
    inner = request.command["explain"]
    if not is_document(inner) or not inner:
        raise CommandError(14, "explain needs a command document")
    name = next(iter(inner))
    verbosity = request.command.get("verbosity", "allPlansExecution")
    if verbosity not in ("queryPlanner", "executionStats", "allPlansExecution"):
        raise CommandError(
            9, "verbosity string must be one of {'queryPlanner', 'executionStats', 'allPlansExecution'}"
        )
    if name == "aggregate":
        return await explain_aggregate(router, request.database, inner, request, verbosity)
    if name not in _PLAIN:
        raise CommandError(59, f"Explain failed due to unknown command: {name}")
    return await _plain(router, request, inner, name, verbosity)


async def explain_aggregate(
    router: Router, database: str, inner: Document, request: Request, verbosity: str = "queryPlanner"
) -> Answer:
    """One owner: its own explain; several: a shard explains the split pipeline (planner only)."""
    pipeline = inner.get("pipeline", [])
    collection = inner["aggregate"]
    if isinstance(collection, str):
        table = await router.catalog.table(f"{database}.{collection}")
        if table is None or len(table.shards_of_query(leading_match(pipeline))) == 1:
            return await _one_owner(router, request, inner, verbosity)
    from infra.router.aggregate import on_cluster

    command = {k: v for k, v in inner.items() if k not in ("cursor",)}
    return await on_cluster(router, request, {**command, "explain": True, "cursor": {}})


async def _one_owner(router: Router, request: Request, inner: Document, verbosity: str) -> Document:
    clean = {k: v for k, v in inner.items() if k not in ("explain", "lsid", "$clusterTime", "$db")}
    clean.setdefault("cursor", {})
    replies = await _ask(
        router, request, clean, inner["aggregate"], leading_match(inner["pipeline"]), verbosity
    )
    if not replies:
        return {"mergeType": "mongos", "shards": {}, "ok": 1.0}
    shard, document = replies[0].shard, public(replies[0].reply.document)
    host = replies[0].member.host
    document.pop("ok", None)
    return {"mergeType": "mongos", "shards": {shard: {"host": host, **document}}, "ok": 1.0}


async def _plain(router: Router, request: Request, inner: Document, name: str, verbosity: str) -> Document:
    clean = {k: v for k, v in inner.items() if k not in ("lsid", "$clusterTime", "$db")}
    replies = await _ask(router, request, clean, inner[name], _query(inner, name), verbosity)
    if not replies:
        raise CommandError(26, f"Database {request.database} not found")
    return _joined(router, name, replies)


def _query(inner: Document, name: str) -> Document:
    if name in ("update", "delete"):
        statements: list[Document] = inner.get(name + "s") or [{}]
        return statements[0].get("q", {})
    return inner.get("filter" if name == "find" else "query") or {}


async def _ask(
    router: Router, request: Request, inner: Document, collection: Any, query: Document, verbosity: str
) -> list[ShardReply]:
    command = {"explain": inner, "verbosity": verbosity}

    def targets(table: RoutingTable) -> list[str]:
        return table.shards_of_query(query, inner.get("collation"))

    replies = await router.versioned(
        request,
        f"{request.database}.{collection}",
        lambda _: dict(command),
        targets=targets,
        preference=request.preference,
    )
    for answer in replies:
        if not answer.reply.ok:
            raise CommandError.from_reply(public(answer.reply.document))
    return replies


def _joined(router: Router, name: str, replies: list[ShardReply]) -> Document:
    documents = [(answer.shard, answer.reply.document) for answer in replies]
    stage = _stage(name, len(replies))
    plans = [
        {
            "shardName": shard, "connectionString": router.catalog.shards[shard].connection_string,
            "serverInfo": document.get("serverInfo"), **document["queryPlanner"],
        }
        for shard, document in documents
    ]  # fmt: skip
    planner = {"mongosPlannerVersion": 1, "winningPlan": {"stage": stage, "shards": plans}}
    reply: Document = {"queryPlanner": planner}
    if all("executionStats" in document for _, document in documents):
        reply["executionStats"] = _execution(stage, [(s, d["executionStats"]) for s, d in documents])
    first = documents[0][1]
    reply |= {key: first[key] for key in ("serverInfo", "serverParameters", "command") if key in first}
    return {**reply, "ok": 1.0}


def _stage(name: str, count: int) -> str:
    if name in ("update", "delete", "findAndModify", "findandmodify"):
        return "SHARD_WRITE" if name in ("update", "delete") else "SINGLE_SHARD"
    return "SINGLE_SHARD" if count == 1 else "SHARD_MERGE"


def _execution(stage: str, stats: list[tuple[str, Document]]) -> Document:
    shards = [{"shardName": shard, **one} for shard, one in stats]
    total: Document = {
        "nReturned": sum(one["nReturned"] for _, one in stats),
        "executionTimeMillis": max(one["executionTimeMillis"] for _, one in stats),
        "totalKeysExamined": sum(one["totalKeysExamined"] for _, one in stats),
        "totalDocsExamined": sum(one["totalDocsExamined"] for _, one in stats),
    }
    child = sum(one["executionTimeMillis"] for _, one in stats)
    stages = {"stage": stage, **total, "totalChildMillis": child, "shards": shards}
    return {**total, "executionStages": stages}
