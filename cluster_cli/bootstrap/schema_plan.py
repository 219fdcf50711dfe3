"""What the social schema still lacks: zone ranges, collections, indexes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bson import MaxKey, MinKey

from app_core.errors import UnhealthyError
from app_core.schema.model import Collection, Index

Document = dict[str, Any]
Command = tuple[str, Document]
_ALPHABET = 36
_SPLITTABLE = ("binData", "string")


@dataclass(frozen=True)
class ZoneRange:
    """A part of a collection's key range that lives in a zone."""

    namespace: str
    zone: str
    low: Document
    high: Document


@dataclass(frozen=True)
class Seen:
    """What the cluster has of one collection. `key`: its shard key, None when it is unsharded or absent."""

    exists: bool
    key: tuple[str, ...] | None
    ranges: tuple[ZoneRange, ...]
    indexes: Mapping[str, Mapping[str, Any]]


def zone_ranges(collection: Collection, shards: int) -> tuple[ZoneRange, ...]:
    """The whole key range, in as many adjoining parts as the segment has shards.

    The server makes one first chunk a part and deals them out over the zone's shards: that is the
    pre-split, without a chunk ever moved.
    """
    bounds = [MinKey(), *split_points(_first_key_types(collection), shards), MaxKey()]
    rest = collection.shard_key[1:]

    def bound(value: Any) -> Document:
        filler = value if isinstance(value, MaxKey) else MinKey()
        return {collection.shard_key[0]: value, **dict.fromkeys(rest, filler)}

    return tuple(
        ZoneRange(collection.namespace, collection.segment, bound(low), bound(high))
        for low, high in zip(bounds, bounds[1:], strict=False)
    )


def _first_key_types(collection: Collection) -> tuple[str, ...]:
    return next((f.types for f in collection.fields if f.name == collection.shard_key[0]), ())


def split_points(types: tuple[str, ...], parts: int) -> list[Any]:
    """Values that cut a key's range into equal parts: random UUIDs by their first 32 bits, words by letter.

    Other types are left whole: the balancer splits them when there is something to split.
    """
    kind = next((t for t in types if t in _SPLITTABLE), None)
    if kind == "binData":
        firsts = (part * 2**32 // parts for part in range(1, parts))
        return [UUID(bytes=first.to_bytes(4, "big") + bytes(12)) for first in firsts]
    if kind == "string":
        return ["0123456789abcdefghijklmnopqrstuvwxyz"[p * _ALPHABET // parts] for p in range(1, parts)]
    return []


def covers(ranges: Iterable[ZoneRange], zone: str, key: tuple[str, ...]) -> bool:
    """Whether ranges of this zone adjoin from the smallest to the greatest key."""
    wanted: Document = dict.fromkeys(key, MinKey())
    following = {_text(r.low): r.high for r in ranges if r.zone == zone}
    while _text(wanted) in following:
        wanted = following.pop(_text(wanted))
    return wanted == dict.fromkeys(key, MaxKey())


def _text(bound: Document) -> str:
    return repr(bound)


def wants_unique_key(collection: Collection) -> bool:
    """Whether the registry asks for a unique index on exactly the shard key."""
    return any(i.unique and _fields(i) == collection.shard_key for i in collection.indexes)


def _fields(index: Index) -> tuple[str, ...]:
    return tuple(name for name, _ in index.keys)


def index_document(index: Index) -> Document:
    """An index as createIndexes takes it."""
    document: Document = {"key": dict(index.keys), "name": index.name}
    if index.unique:
        document["unique"] = True
    if index.partial is not None:
        document["partialFilterExpression"] = dict(index.partial)
    if index.ttl_seconds is not None:
        document["expireAfterSeconds"] = index.ttl_seconds
    return document


def missing_indexes(collection: Collection, present: Mapping[str, Mapping[str, Any]]) -> list[Document]:
    """The registry's indexes that the collection lacks.

    Raises UnhealthyError for one that is there under its name and is another: changing it is a decision.
    """
    missing: list[Document] = []
    for index in collection.indexes:
        found = present.get(index.name)
        if found is None:
            missing.append(index_document(index))
        elif difference := index_difference(index, found):
            raise UnhealthyError(
                "an index differs from the registry",
                on=f"{collection.namespace} {index.name}",
                why=difference,
                hint="drop the index, then: swapctl schema apply",
            )
    return missing


def index_difference(index: Index, found: Mapping[str, Any]) -> str | None:
    """What a live index has otherwise than the registry says; None when nothing."""
    is_text = any(kind == "text" for _, kind in index.keys)
    keys = tuple(dict(found["key"]).items())
    if not is_text and keys != index.keys:
        return f"keys are {dict(keys)}, the registry says {dict(index.keys)}"
    if is_text and set(found.get("weights", ())) != {name for name, kind in index.keys if kind == "text"}:
        return f"text of {', '.join(found.get('weights', ()))}"
    if bool(found.get("unique")) != index.unique:
        return "unique" if found.get("unique") else "not unique"
    if found.get("expireAfterSeconds") != index.ttl_seconds:
        return f"expires after {found.get('expireAfterSeconds')} s, the registry says {index.ttl_seconds}"
    partial = dict(index.partial) if index.partial is not None else None
    return None if found.get("partialFilterExpression") == partial else "another partial filter"


def collection_commands(collection: Collection, seen: Seen, shards: int) -> list[Command]:
    """(database, command) in order: zone ranges, the sharded or plain collection, its indexes. Pure."""
    commands: list[Command] = []
    if collection.shard_key and not covers(seen.ranges, collection.segment, collection.shard_key):
        commands += [
            ("admin", _zone_command(r)) for r in zone_ranges(collection, shards) if r not in seen.ranges
        ]
    if collection.shard_key and seen.key is None:
        commands.append(("admin", _shard_command(collection)))
    if not collection.shard_key and not seen.exists:
        commands.append((collection.segment, {"create": collection.name}))
    indexes = missing_indexes(collection, seen.indexes)
    if seen.key is None:  # shardCollection makes the index on the shard key itself
        indexes = [index for index in indexes if tuple(index["key"]) != collection.shard_key]
    if indexes:
        commands.append((collection.segment, {"createIndexes": collection.name, "indexes": indexes}))
    return commands


def _zone_command(part: ZoneRange) -> dict[str, Any]:
    return {"updateZoneKeyRange": part.namespace, "min": part.low, "max": part.high, "zone": part.zone}


def _shard_command(collection: Collection) -> dict[str, Any]:
    return {
        "shardCollection": collection.namespace,
        "key": dict.fromkeys(collection.shard_key, 1),
        "unique": wants_unique_key(collection),
    }
