"""What an aggregation pipeline is made of: namespaces it touches, stages that need other shards. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from infra.router.bsonraw import Document, is_array, is_document
from infra.router.errors import CommandError

STREAMING = frozenset(
    {
        "$match",
        "$project",
        "$addFields",
        "$set",
        "$unset",
        "$unwind",
        "$replaceRoot",
        "$replaceWith",
        "$redact",
    }
)
"""Stages that treat each document by itself: every shard can run them alone."""
INTERNAL_STAGES_PREFIX = "$_internal"
FORBIDDEN_STAGES = frozenset(
    {"$mergeCursors", "$listCachedAndActiveUsers", "$queue", "$backupCursor", "$backupCursorExtend"}
)
"""Stages of the members' own protocol: a client that sends them can bring a member down."""
_NOT_IN_API_V1 = frozenset(
    {
        "$currentOp", "$indexStats", "$listLocalSessions", "$listSessions", "$planCacheStats", "$search",
        "$searchMeta", "$searchBeta",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Use:
    """One namespace that a pipeline touches, and the actions it needs there."""

    database: str
    collection: str
    actions: tuple[str, ...]


def stages(pipeline: Any) -> list[tuple[str, Any]]:
    """(name, argument) of each stage; CommandError for what is no pipeline or not a client's stage."""
    if not is_array(pipeline):
        raise CommandError(14, "'pipeline' option must be specified as an array")
    found: list[tuple[str, Any]] = []
    for stage in pipeline:
        if not is_document(stage) or len(stage) != 1:
            raise CommandError(40323, "A pipeline stage specification object must contain exactly one field.")
        name, argument = next(iter(stage.items()))
        if name in FORBIDDEN_STAGES or name.startswith(INTERNAL_STAGES_PREFIX):
            raise CommandError(40324, f"Unrecognized pipeline stage name: '{name}'")
        found.append((name, argument))
    return found


def walk(pipeline: Any) -> Iterator[tuple[str, Any]]:
    """Every stage, those of sub-pipelines included."""
    for name, argument in stages(pipeline):
        yield name, argument
        for inner in sub_pipelines(name, argument):
            yield from walk(inner)


def sub_pipelines(name: str, argument: Any) -> list[Any]:
    """The pipelines inside a stage."""
    if name == "$facet" and is_document(argument):
        return list(argument.values())
    if name in ("$lookup", "$unionWith") and is_document(argument) and "pipeline" in argument:
        return [argument["pipeline"]]
    return []


def uses(database: str, pipeline: Any) -> list[Use]:
    """Namespaces other than its own that a pipeline reads or writes, with the needed actions."""
    found = [use for name, argument in walk(pipeline) for use in _stage_uses(database, name, argument)]
    return found


def _stage_uses(database: str, name: str, argument: Any) -> list[Use]:
    if name in ("$lookup", "$graphLookup") and is_document(argument) and "from" in argument:
        return [Use(*_target(database, argument["from"]), ("find",))]
    if name == "$unionWith":
        inner = argument.get("coll") if is_document(argument) else argument
        return [Use(database, str(inner), ("find",))] if inner is not None else []
    if name == "$out":
        return [Use(*_target(database, argument), ("insert", "remove"))]
    if name == "$merge":
        into = argument.get("into") if is_document(argument) else argument
        return [Use(*_target(database, into), _merge_actions(argument))]
    return []


def _target(database: str, value: Any) -> tuple[str, str]:
    if isinstance(value, str):
        return database, value
    if is_document(value) and isinstance(value.get("coll"), str):
        return str(value.get("db", database)), value["coll"]
    raise CommandError(9, f"cannot tell the target collection of a stage: {value!r}")


def _merge_actions(argument: Any) -> tuple[str, ...]:
    spec: Document = argument if is_document(argument) else {}
    matched, unmatched = spec.get("whenMatched", "merge"), spec.get("whenNotMatched", "insert")
    actions: list[str] = []
    if unmatched == "insert" or matched in ("fail", "keepExisting"):
        actions.append("insert")
    if matched not in ("fail", "keepExisting"):
        actions.append("update")
    if matched == "replace" or matched == "keepExisting":
        actions.append("update")
    return tuple(dict.fromkeys(actions)) or ("find",)


def writes(pipeline: Any) -> bool:
    """Ends in $out or $merge."""
    return bool(pipeline) and is_document(pipeline[-1]) and next(iter(pipeline[-1]), "") in ("$out", "$merge")


def leading_match(pipeline: list[Document]) -> Document:
    """The filter of a leading $match, by which an aggregation can be sent to fewer shards."""
    first = pipeline[0] if pipeline else {}
    query = first.get("$match")
    return query if is_document(query) else {}


def shard_part(pipeline: list[Document]) -> tuple[list[Document], list[Document]]:
    """The longest leading part that every shard can run alone, and the rest."""
    for position, (name, _) in enumerate(stages(pipeline)):
        if name not in STREAMING:
            return pipeline[:position], pipeline[position:]
    return pipeline, []


def needs_cluster(database: str, pipeline: Any) -> bool:
    """Reads or writes other collections, or reports on members: more than one shard may be involved."""
    special = {"$collStats", "$indexStats", "$planCacheStats", "$currentOp", "$sample"}
    return bool(uses(database, pipeline)) or any(name in special for name, _ in stages(pipeline))


def not_in_api(pipeline: Any) -> str | None:
    """The first stage that the stable API version 1 does not have."""
    for name, argument in walk(pipeline):
        if name in _NOT_IN_API_V1 or (name == "$collStats" and set(argument) - {"count"}):
            return name
    return None
