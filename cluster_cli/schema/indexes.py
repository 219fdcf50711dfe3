"""Indexes of collections: the registry's words as the server's, and what a live one has otherwise. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app_core.schema.model import Collection, Index

Document = dict[str, Any]
Live = Mapping[str, Any]
ALWAYS = "_id_"
_NO_OPTIONS = {"key", "name", "v", "ns", "background", "textIndexVersion", "2dsphereIndexVersion"}
"""What listIndexes tells of an index besides its properties; the keys are compared by themselves."""
_DEFAULTS = {"language_override": "language"}
"""Properties that the server writes down when nobody gave them; of all others the default is False."""


def is_text(index: Index) -> bool:
    """Whether it is a text index."""
    return any(kind == "text" for _, kind in index.keys)


def index_document(index: Index) -> Document:
    """An index as createIndexes takes it. Text is not stemmed: members write in several languages."""
    document: Document = {"key": dict(index.keys), "name": index.name}
    if index.unique:
        document["unique"] = True
    if index.partial is not None:
        document["partialFilterExpression"] = dict(index.partial)
    if index.ttl_seconds is not None:
        document["expireAfterSeconds"] = index.ttl_seconds
    if is_text(index):
        document["default_language"] = "none"
    return document


def index_difference(index: Index, found: Live) -> str | None:
    """What a live index has otherwise than the registry says; None when nothing."""
    keys, wanted_keys = dict(found["key"]), _listed_keys(index)
    if tuple(keys.items()) != tuple(wanted_keys.items()):
        return f"keys are {keys}, the registry says {wanted_keys}"
    wanted, live = _options(index_document(index)), _options(found)
    if is_text(index):
        wanted |= {"weights": {name: 1 for name, kind in index.keys if kind == "text"}}
    for option in sorted({*wanted, *live}):
        if live.get(option) != wanted.get(option):
            return f"{option} is {_word(live.get(option))}, the registry says {_word(wanted.get(option))}"
    return None


def _listed_keys(index: Index) -> Document:
    """The keys as listIndexes shows them: the texts of an index are one key."""
    found: Document = {}
    for name, kind in index.keys:
        found |= {"_fts": "text", "_ftsx": 1} if kind == "text" else {name: kind}
    return found


def _options(document: Live) -> Document:
    """The properties of an index, without what the server adds, and without what says the default."""
    options = {name: value for name, value in document.items() if name not in _NO_OPTIONS}
    # an expiry of 0 s is one, though 0 == False
    return {n: value for n, value in options.items() if value is not False and value != _DEFAULTS.get(n)}


def _word(value: Any) -> str:
    return "not set" if value is None else str(dict(value) if isinstance(value, Mapping) else value)


def in_place(index: Index, found: Live) -> Document:
    """What collMod must change to cure it: an expiry, a hidden index; empty where it takes a rebuild."""
    changes: Document = {}
    live_ttl = found.get("expireAfterSeconds")
    if live_ttl is not None and index.ttl_seconds not in (None, live_ttl):
        changes["expireAfterSeconds"] = index.ttl_seconds
    if found.get("hidden"):
        changes["hidden"] = False
    return changes if index_difference(index, {**found, **changes}) is None else {}


def shortens(index: Index, on: Mapping[str, Mapping[str, Live]]) -> bool:
    """Whether the registry's expiry is shorter than a live one, which is NaN where nobody can say."""
    live = (indexes.get(index.name, {}).get("expireAfterSeconds") for indexes in on.values())
    return any(index.ttl_seconds is not None and not index.ttl_seconds >= n for n in live if n is not None)


def wants_unique_key(collection: Collection) -> bool:
    """Whether the registry asks for a unique index on exactly the shard key."""
    return any(i.unique and i.fields == collection.shard_key for i in collection.indexes)


def lacking(name: str, on: Mapping[str, Mapping[str, Live]]) -> list[str]:
    """The shards without an index of that name; `on`: shard -> its indexes."""
    return [shard for shard, indexes in on.items() if name not in indexes]


def differing(index: Index, on: Mapping[str, Mapping[str, Live]]) -> dict[str, str]:
    """Shard -> what its index of that name has otherwise."""
    words = {
        shard: index_difference(index, indexes[index.name])
        for shard, indexes in on.items()
        if index.name in indexes
    }
    return {shard: word for shard, word in words.items() if word is not None}


def told(wrong: Mapping[str, str], on: Mapping[str, object]) -> str:
    """What `differing` found as one sentence; with the shards unless all that hold the collection agree."""
    if wrong.keys() == on.keys() and len({*wrong.values()}) == 1:
        return next(iter(wrong.values()))
    return "; ".join(f"on {shard}: {words}" for shard, words in wrong.items())


def in_place_everywhere(index: Index, on: Mapping[str, Mapping[str, Live]]) -> Document:
    """What collMod must change on every shard; empty where one takes a rebuild, or lacks the index."""
    parts = [in_place(index, on[shard][index.name]) for shard in differing(index, on)]
    if lacking(index.name, on) or not all(parts):
        return {}
    return {name: value for part in parts for name, value in part.items()}


def where(shards: Iterable[str], on: Mapping[str, object]) -> str:
    """The shards in words; nothing when they are all that hold the collection."""
    some = [shard for shard in on if shard in set(shards)]
    return "" if len(some) == len(on) else f" on {', '.join(some)}"


def missing_indexes(collection: Collection, on: Mapping[str, Mapping[str, Live]]) -> list[Index]:
    """The registry's indexes that a shard lacks by name; not those that another shard has otherwise.

    Those are built once the wrong one is dropped: createIndexes refuses them before.
    """
    return [i for i in collection.indexes if lacking(i.name, on) and not differing(i, on)]


def serves_shard_key(found: Live, key: tuple[str, ...]) -> bool:
    """Whether the servers need this index for the shard key: it begins with the whole key."""
    return bool(key) and tuple(found["key"])[: len(key)] == key


def extra_indexes(collection: Collection, present: Mapping[str, Live]) -> list[str]:
    """Live indexes that the registry does not know. An own index on the shard key is the servers' affair."""
    known = {i.name for i in collection.indexes} | {ALWAYS}
    plain = {name for name, live in present.items() if tuple(live["key"]) == collection.shard_key}
    covered = any(i.fields[: len(collection.shard_key)] == collection.shard_key for i in collection.indexes)
    return sorted(name for name in present if name not in known and (covered or name not in plain))
