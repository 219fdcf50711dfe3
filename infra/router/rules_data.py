"""Which privileges commands on data and on definitions need. Pure."""

from __future__ import annotations

from typing import Any

from infra.router.bsonraw import decode, is_document
from infra.router.pipelines import stages, uses
from infra.router.pipelines import walk as walk_stages
from infra.router.privileges import CLUSTER, Need, collection, need, whole_database
from infra.router.request import Request
from infra.router.rules import Rule, bypass, full, own_collection


def update(request: Request) -> list[Need]:
    """update: insert as well when a statement upserts."""
    upsert = any(decode(raw).get("upsert") for raw in request.documents("updates"))
    return [need(own_collection(request), "update", *(["insert"] if upsert else [])), *bypass(request)]


def find_and_modify(request: Request) -> list[Need]:
    """findAndModify."""
    actions = ["find", "remove" if request.command.get("remove") else "update"]
    actions += ["insert"] if request.command.get("upsert") else []
    return [need(own_collection(request), *actions), *bypass(request)]


def aggregate(request: Request) -> list[Need]:
    """aggregate: its source, and every namespace that a stage reads or writes."""
    return pipeline_needs(
        request.database, request.command[request.name], request.command.get("pipeline"), request.command
    )


def pipeline_needs(database: str, source: Any, pipeline: Any, command: dict[str, Any]) -> list[Need]:
    """The needs of a pipeline on a source collection (or 1)."""
    named = stages(pipeline)
    needs = _source_needs(database, source, named)
    for use in uses(database, pipeline):
        needs.append(need(collection(use.database, use.collection), *use.actions))
        if command.get("bypassDocumentValidation") and use.actions != ("find",):
            needs.append(need(collection(use.database, use.collection), "bypassDocumentValidation"))
    for name, argument in walk_stages(pipeline):
        needs += _stage_needs(database, source, name, argument)
    return needs


def _source_needs(database: str, source: Any, named: list[tuple[str, Any]]) -> list[Need]:
    first = named[0][0] if named else ""
    if first in (
        "$collStats",
        "$indexStats",
        "$planCacheStats",
        "$currentOp",
        "$listSessions",
        "$listLocalSessions",
        "$documents",
    ):
        return []
    if first == "$changeStream":
        return _change_stream_needs(database, source, named[0][1])
    if not isinstance(source, str):
        return [need(whole_database(database), "find")]
    return [need(collection(database, source), "find")]


def _change_stream_needs(database: str, source: Any, spec: Any) -> list[Need]:
    if isinstance(source, str):
        return [need(collection(database, source), "find", "changeStream")]
    if is_document(spec) and spec.get("allChangesForCluster"):
        return [need(("in", "", ""), "find", "changeStream")]
    return [need(whole_database(database), "find", "changeStream")]


def _stage_needs(database: str, source: Any, name: str, argument: Any) -> list[Need]:
    single = {"$collStats": "collStats", "$indexStats": "indexStats", "$planCacheStats": "planCacheRead"}
    if name in single:
        return [need(collection(database, str(source)), single[name])]
    if name == "$currentOp":
        return [need(CLUSTER, "inprog")]
    if name in ("$listSessions", "$listLocalSessions"):
        return [need(CLUSTER, "listSessions")]
    return []


def map_reduce(request: Request) -> list[Need]:
    """mapReduce: the source and the output collection."""
    needs = [need(own_collection(request), "find")]
    out = request.command.get("out")
    if is_document(out):
        target = next((out[k] for k in ("replace", "merge", "reduce") if k in out), None)
        database = out.get("db", request.database)
    else:
        target, database = out, request.database
    if target is not None:
        needs.append(need(collection(str(database), str(target)), "insert", "remove", "update"))
    return needs


# -- definitions


def create(request: Request) -> list[Need]:
    """create: a view needs the right to read what it shows, if its maker may read the view."""
    own, command = own_collection(request), request.command
    needs = [need(own, "convertToCapped")] if command.get("capped") else []
    if command.get("viewOn") is None:
        return [*needs, need(own, "createCollection", otherwise=(need(own, "insert"),))]
    return [*needs, need(own, "createCollection"), *_view_needs(request)]


def modify(request: Request) -> list[Need]:
    """collMod."""
    return [
        need(own_collection(request), "collMod"),
        *(_view_needs(request) if request.command.get("viewOn") else []),
    ]


def _view_needs(request: Request) -> list[Need]:
    command = request.command
    return pipeline_needs(request.database, command["viewOn"], command.get("pipeline", []), {})


def rename(request: Request) -> list[Need]:
    """renameCollection: within a database its own action, across databases read and write."""
    source, target = full(request.command["renameCollection"]), full(request.command.get("to"))
    replaced = ["dropCollection"] if request.command.get("dropTarget") else []
    apart = [need(source, "find", "dropCollection"), need(target, "insert", "createIndex", *replaced)]
    system = source[2].startswith("system.") or target[2].startswith("system.")
    if source[1] != target[1] or system:
        return apart
    same = [need(whole_database(source[1]), "renameCollectionSameDB"), need(source, "find")]
    return [*same, *([need(target, *replaced)] if replaced else [])]


def list_collections(request: Request) -> list[Need]:
    """listCollections: with nameOnly and authorizedCollections any right in the database suffices."""
    wide = need(whole_database(request.database), "listCollections")
    if request.command.get("nameOnly") and request.command.get("authorizedCollections"):
        return []
    return [wide]


def current_op(request: Request) -> list[Need]:
    """currentOp."""
    return [need(CLUSTER, "inprog")]


def zone(name: str) -> Rule:
    """Zone commands: the cluster action, or the right to change the config collection."""
    other = need(collection("config", name), "find", "update")
    return lambda request: [need(CLUSTER, "enableSharding", otherwise=(other,))]


def clone_as_capped(request: Request) -> list[Need]:
    """cloneCollectionAsCapped."""
    target = collection(request.database, str(request.command.get("toCollection")))
    return [need(own_collection(request), "find"), need(target, "insert", "createIndex", "convertToCapped")]
