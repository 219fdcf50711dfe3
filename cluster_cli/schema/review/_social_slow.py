"""Reads slow queries from the logs of the members of the social domain."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bson import json_util
from pymongo.errors import PyMongoError

from cluster_cli.engines.mongodb.clients import Client, member_client
from cluster_cli.schema.review._model import SlowQuery
from infra.context import Context

Document = Mapping[str, Any]
_TIMEOUT_S = 5.0
TOP = 20
"""How many of the slowest query shapes are explained."""


def read_slow(ctx: Context, client: Client, databases: Iterable[str]) -> list[SlowQuery]:
    """What the members' logs call slow (their last 1,024 lines), by shape, each explained as it is now."""
    wanted = set(databases)
    shapes: dict[tuple[str, tuple[str, ...]], list[Document]] = {}
    for endpoint in ctx.of_kind("mongod-shard"):
        for entry in _slow_entries(ctx, endpoint.member):
            query = query_of(entry.get("command", {}))
            if query and entry["ns"].partition(".")[0] in wanted:
                shapes.setdefault((entry["ns"], tuple(query)), []).append({**entry, "query": query})
    top = sorted(shapes.values(), key=lambda same: -sum(e["durationMillis"] for e in same))[:TOP]
    return [_slow(client, same) for same in top]


def _slow_entries(ctx: Context, member: str) -> list[Document]:
    try:
        with member_client(ctx, member, timeout=_TIMEOUT_S) as client:
            return slow_entries(client.admin.command("getLog", "global")["log"])
    except PyMongoError:
        return []


def slow_entries(lines: Iterable[str]) -> list[Document]:
    """The attributes of the log's slow queries. Pure."""
    found: list[Document] = []
    for line in lines:
        if '"Slow query"' not in line:
            continue
        try:
            entry = json.loads(line, object_hook=json_util.object_hook)
        except ValueError:
            continue
        attributes = entry.get("attr", {})
        if "ns" in attributes and "durationMillis" in attributes:
            found.append(attributes)
    return found


def query_of(command: Document) -> Document:
    """The filter of a command; empty for one that has none. Pure."""
    if "pipeline" in command:
        first = command["pipeline"][0] if command["pipeline"] else {}
        return first.get("$match", {})
    return command.get("filter") or command.get("query") or command.get("q") or {}


def _slow(client: Client, same: list[Document]) -> SlowQuery:
    namespace, query = same[0]["ns"], same[0]["query"]
    database, _, name = namespace.partition(".")
    fields = tuple(field for field in query if not field.startswith("$"))
    return SlowQuery(
        domain="social",
        table=namespace,
        words=", ".join(f"{field} ?" for field in query),
        fields=fields,
        calls=len(same),
        mean_ms=sum(e["durationMillis"] for e in same) / len(same),
        scans=_scans(client, database, name, query),
    )


def _scans(client: Client, database: str, name: str, query: Document) -> bool:
    try:
        plan = client[database].command(
            {"explain": {"find": name, "filter": query}, "verbosity": "queryPlanner"},
            codec_options=client.codec_options,
        )
    except PyMongoError:
        return False
    return "COLLSCAN" in set(stages(plan["queryPlanner"]["winningPlan"]))


def stages(plan: Any) -> Iterator[str]:
    """The names of all stages of a plan, on every shard. Pure."""
    if isinstance(plan, Mapping):
        if "stage" in plan:
            yield str(plan["stage"])
        for part in plan.values():
            yield from stages(part)
    elif isinstance(plan, list):
        for part in plan:
            yield from stages(part)
