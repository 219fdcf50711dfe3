"""Indexes of collections: the registry's words as the server's, and what a live one has otherwise. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app_core.schema.model import Collection, Index

Document = dict[str, Any]
Live = Mapping[str, Any]
ALWAYS = "_id_"


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
    keys = tuple(dict(found["key"]).items())
    if not is_text(index) and keys != index.keys:
        return f"keys are {dict(keys)}, the registry says {dict(index.keys)}"
    if is_text(index) and (words := _text_difference(index, found)):
        return words
    if bool(found.get("unique")) != index.unique:
        return "unique" if found.get("unique") else "not unique"
    partial = dict(index.partial) if index.partial is not None else None
    if found.get("partialFilterExpression") != partial:
        return "another partial filter"
    return ttl_difference(index, found)


def ttl_difference(index: Index, found: Live) -> str | None:
    """Another expiry than the registry's: the one difference that the server changes in place."""
    if found.get("expireAfterSeconds") == index.ttl_seconds:
        return None
    return f"expires after {found.get('expireAfterSeconds')} s, the registry says {index.ttl_seconds}"


def _text_difference(index: Index, found: Live) -> str | None:
    weights = set(found.get("weights", ()))
    if weights != {name for name, kind in index.keys if kind == "text"}:
        return f"text of {', '.join(sorted(weights))}"
    language = found.get("default_language")
    return None if language == "none" else f"its text is read as {language}, the registry says none"


def in_place(index: Index, found: Live) -> bool:
    """Whether collMod can cure it: only the expiry differs, and there is one on both sides."""
    live_ttl = found.get("expireAfterSeconds")
    if live_ttl is None or index.ttl_seconds is None:
        return False
    return index_difference(index, {**found, "expireAfterSeconds": index.ttl_seconds}) is None


def wants_unique_key(collection: Collection) -> bool:
    """Whether the registry asks for a unique index on exactly the shard key."""
    return any(i.unique and i.fields == collection.shard_key for i in collection.indexes)


def missing_indexes(collection: Collection, present: Mapping[str, Live]) -> list[Document]:
    """The registry's indexes that the collection lacks by name, as createIndexes takes them."""
    return [index_document(i) for i in collection.indexes if i.name not in present]


def serves_shard_key(found: Live, key: tuple[str, ...]) -> bool:
    """Whether the servers need this index for the shard key: it begins with the whole key."""
    return bool(key) and tuple(found["key"])[: len(key)] == key


def extra_indexes(collection: Collection, present: Mapping[str, Live]) -> list[str]:
    """Live indexes that the registry does not know. An own index on the shard key is the servers' affair."""
    known = {i.name for i in collection.indexes} | {ALWAYS}
    plain = {name for name, live in present.items() if tuple(live["key"]) == collection.shard_key}
    covered = any(i.fields[: len(collection.shard_key)] == collection.shard_key for i in collection.indexes)
    return sorted(name for name in present if name not in known and (covered or name not in plain))
