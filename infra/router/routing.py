"""Routing table of one sharded collection: from a document or a query to the shards that own it. Pure."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field
from typing import Any

from bson import ObjectId, Regex, Timestamp

from infra.router.bsonraw import Document, dig, is_array, is_document
from infra.router.ordering import hash64, sort_key

UNSHARDED = {"t": Timestamp(0, 0), "e": ObjectId("0" * 24), "v": Timestamp(0, 0)}
"""Version that says: this collection is not sharded."""
IGNORED = {
    "t": Timestamp(2**32 - 1, 2**32 - 1), "e": ObjectId("00000000ffffffffffffffff"), "v": Timestamp(0, 0),
}  # fmt: skip
"""Version of a write to all documents that match: runs once a shard, never repeated for a stale table."""
Key = tuple[Any, ...]
Interval = tuple[Key, Key]
_LOWEST, _HIGHEST = (-2,), (128,)


@dataclass(frozen=True)
class Chunk:
    """A range of shard key values [min, max) on one shard."""

    minimum: Document
    maximum: Document
    shard: str
    version: Timestamp


@dataclass
class RoutingTable:
    """All chunks of a collection, in key order."""

    namespace: str
    key: dict[str, Any]
    timestamp: Timestamp
    epoch: ObjectId
    uuid: Any
    chunks: list[Chunk]
    unique: bool = False
    default_collation: Document | None = None
    _lower: list[Key] = field(default_factory=list[Key])
    _newest: dict[str, Timestamp] = field(default_factory=dict[str, Timestamp])

    def __post_init__(self) -> None:
        self.chunks.sort(key=lambda chunk: self._key(chunk.minimum))
        self._lower = [self._key(chunk.minimum) for chunk in self.chunks]
        for chunk in self.chunks:
            if chunk.shard not in self._newest or chunk.version > self._newest[chunk.shard]:
                self._newest[chunk.shard] = chunk.version

    def _key(self, document: Document) -> Key:
        return tuple(sort_key(document[name]) for name in self.key)

    @property
    def shards(self) -> list[str]:
        """The shards that own a chunk."""
        return sorted(self._newest)

    @property
    def hashed(self) -> bool:
        """Has a hashed field in its key."""
        return "hashed" in self.key.values()

    def version(self, shard: str) -> dict[str, Any]:
        """The version argument of a command for `shard`."""
        newest = self._newest.get(shard, Timestamp(0, 0))
        return {"t": self.timestamp, "e": self.epoch, "v": newest}

    def chunk_of(self, key: Document) -> Chunk:
        """The chunk of a complete shard key value."""
        return self.chunks[bisect.bisect_right(self._lower, self._key(key)) - 1]

    def key_of_document(self, document: Document) -> Document:
        """A document's shard key; missing fields count as null."""
        return {name: self._stored(name, dig(document, name)) for name in self.key}

    def _stored(self, name: str, value: Any) -> Any:
        return hash64(value) if self.key[name] == "hashed" else value

    def shard_of_document(self, document: Document) -> str:
        """The shard on which a document belongs."""
        return self.chunk_of(self.key_of_document(document)).shard

    def exact_key(self, query: Document) -> Document | None:
        """The complete shard key when the query fixes every field of it, else None."""
        conditions = _conditions(query)
        key: Document = {}
        for name in self.key:
            points = _points(conditions, name)
            if points is None or len(points) != 1 or is_array(points[0]):
                return None
            key[name] = self._stored(name, points[0])
        return key

    def shards_of_query(self, query: Document | None, collation: Document | None = None) -> list[str]:
        """The shards that can hold a match; every owner when the query does not restrict the key."""
        if len(self._newest) == 1 or not query:
            return self.shards
        simple = is_simple(collation if collation is not None else self.default_collation)
        conditions = _conditions(query)
        intervals = self._intervals(conditions, simple)
        shards: set[str] = set()
        for low, high in intervals:
            shards.update(self._shards_between(low, high))
            if len(shards) == len(self._newest):
                break
        return sorted(shards) or self.shards[:1]

    def _shards_between(self, low: Key, high: Key) -> set[str]:
        first = max(0, bisect.bisect_right(self._lower, low) - 1)
        last = bisect.bisect_right(self._lower, high)
        return {chunk.shard for chunk in self.chunks[first:last]}

    def _intervals(self, conditions: dict[str, list[Any]], simple: bool) -> list[Interval]:
        """Bounds on the key: points while fields are fixed, one range at the first that is not."""
        prefixes: list[Key] = [()]
        names = list(self.key)
        for position, name in enumerate(names):
            points = _points(conditions, name)
            if points is None or any(not _routable(p, simple) for p in points):
                low, high = self._range(conditions, name, simple)
                rest = len(names) - position - 1
                return [(p + (low,) + (_LOWEST,) * rest, p + (high,) + (_HIGHEST,) * rest) for p in prefixes]
            keys = [sort_key(self._stored(name, point)) for point in points]
            prefixes = [prefix + (key,) for prefix in prefixes for key in keys]
        return [(prefix, prefix) for prefix in prefixes]

    def _range(self, conditions: dict[str, list[Any]], name: str, simple: bool) -> tuple[Key, Key]:
        low, high = _LOWEST, _HIGHEST
        if self.key[name] == "hashed":
            return low, high
        for condition in conditions.get(name, ()):
            for operator, value in condition.items() if _is_operators(condition) else ():
                if not _comparable(value, simple):
                    continue
                if operator in ("$gt", "$gte"):
                    low = max(low, sort_key(value))
                elif operator in ("$lt", "$lte"):
                    high = min(high, sort_key(value))
        return low, max(low, high)


def is_simple(collation: Document | None) -> bool:
    """No collation, or the binary one: strings compare by bytes as the chunks do."""
    return not collation or collation.get("locale") == "simple"


def _is_operators(value: Any) -> bool:
    return is_document(value) and bool(value) and next(iter(value)).startswith("$") and "$ref" not in value


def _conditions(query: Document) -> dict[str, list[Any]]:
    """Field -> conditions that all must hold (top level and inside $and)."""
    found: dict[str, list[Any]] = {}
    for name, value in query.items():
        if name == "$and" and is_array(value):
            for part in value:
                if is_document(part):
                    for inner, conditions in _conditions(part).items():
                        found.setdefault(inner, []).extend(conditions)
        elif not name.startswith("$"):
            found.setdefault(name, []).append(value)
    return found


def _points(conditions: dict[str, list[Any]], name: str) -> list[Any] | None:
    """The values to which a field is fixed by equality or $in; None when it is not."""
    for condition in conditions.get(name, ()):
        listed = _equal_to(condition)
        if listed and not any(_is_pattern(value) for value in listed):
            return listed
    return _points_inside(conditions, name)


def _equal_to(condition: Any) -> list[Any]:
    """The values that one condition demands by equality; empty when it is another condition."""
    if not _is_operators(condition):
        return [condition]
    if "$eq" in condition:
        return [condition["$eq"]]
    return condition["$in"] if isinstance(condition.get("$in"), list) else []


def _points_inside(conditions: dict[str, list[Any]], name: str) -> list[Any] | None:
    """Equality to an embedded document fixes its dotted fields as well."""
    head, _, rest = name.partition(".")
    for condition in conditions.get(head, ()) if rest else ():
        if is_document(condition) and not _is_operators(condition):
            return [dig(condition, rest)]
    return None


def _is_pattern(value: Any) -> bool:
    return isinstance(value, Regex)


def _routable(value: Any, simple: bool) -> bool:
    """Equality with an array also matches inside arrays, with null also missing fields: both are safe
    only where a shard key can hold them (never arrays)."""
    return not is_array(value) and (simple or not isinstance(value, str | dict))


def _comparable(value: Any, simple: bool) -> bool:
    return value is not None and _routable(value, simple) and not is_document(value)
