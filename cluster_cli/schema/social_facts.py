"""What a live sharded cluster has: collections with validators, shard keys, zone ranges, indexes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from app_core.schema.model import Collection, Keys
from cluster_cli.engines.mongodb.clients import Client
from cluster_cli.engines.mongodb.users import PROBE_DATABASE
from cluster_cli.schema.owners import Indexes, chunk_owners, owners, read_indexes
from cluster_cli.schema.zones import ZoneRange
from infra.context import Context

Document = Mapping[str, Any]
_PARALLEL = 4
_OWN_DATABASES = ("admin", "config", "local", PROBE_DATABASE)
"""Databases of the servers and of the drills' probes."""


@dataclass(frozen=True)
class Seen:
    """What the cluster has of one collection.

    key: its shard key with the kind of each field (1, or "hashed"), None when it is unsharded or absent.
    on: shard that holds a part of it -> the indexes there; createIndexes builds on each for itself.
    empty: whether it is known to hold no document.
    """

    exists: bool = False
    key: Keys | None = None
    ranges: tuple[ZoneRange, ...] = ()
    on: Mapping[str, Indexes] = field(default_factory=dict[str, Indexes])
    options: Document = field(default_factory=dict[str, Any])
    empty: bool = False
    size_bytes: int | None = None
    """Size of the data, read only where a difference needs it."""

    @property
    def indexes(self) -> Indexes:
        """Every index that some shard has, by name."""
        return {name: index for indexes in self.on.values() for name, index in indexes.items()}


@dataclass(frozen=True)
class LiveSocial:
    """All segments' databases. segments: zone -> shards. seen: namespace -> what is there.

    shard_entries, database_entries: the documents of `config.shards` and `config.databases`. views:
    namespaces in the segments' databases. others: databases that hold something and are no segment's.
    """

    segments: Mapping[str, tuple[str, ...]]
    seen: Mapping[str, Seen]
    shard_entries: tuple[Document, ...]
    database_entries: tuple[Document, ...]
    views: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def of(self, collection: Collection) -> Seen:
        """One collection; an absent one is empty."""
        return self.seen.get(collection.namespace, Seen())

    def outside(self, collection: Collection) -> tuple[str, ...]:
        """The shards outside its segment that hold documents of it, or may; none while it is empty."""
        seen = self.of(collection)
        return () if seen.empty else tuple(sorted({*seen.on} - {*self.segments[collection.segment]}))

    def shards(self, collection: Collection) -> int:
        """How many shards its segment has."""
        return len(self.segments[collection.segment])


def shard_key(collection: Collection) -> Keys | None:
    """The registry's shard key as the cluster has it: shard keys are ranged. None: unsharded."""
    return tuple((name, 1) for name in collection.shard_key) or None


def sharded_keys(entries: Iterable[Document]) -> dict[str, Keys]:
    """The shard key of each sharded collection, by the documents of `config.collections`. Pure.

    MongoDB 8.0 also lists unsharded collections there that it keeps track of: they are `unsplittable`.
    """
    return {entry["_id"]: tuple(entry["key"].items()) for entry in entries if not entry.get("unsplittable")}


def read_social(
    ctx: Context, client: Client, segments: Mapping[str, tuple[str, ...]], wanted: Iterable[Collection]
) -> LiveSocial:
    """Everything in the segments' databases, in a few round trips; sizes only of what has to be moved.

    Raises what `read_indexes` raises.
    """
    with ThreadPoolExecutor(_PARALLEL, thread_name_prefix="schema-read") as pool:
        listed = list(pool.map(lambda database: _collections(client, database), segments))
        every = {namespace: document for part in listed for namespace, document in part.items()}
        views = tuple(ns for ns, document in every.items() if document["type"] == "view")
        options = {ns: document.get("options", {}) for ns, document in every.items() if ns not in views}
        empty = dict(zip(options, pool.map(lambda ns: _is_empty(client, ns), options), strict=True))
    entries, databases = tuple(client.config.collections.find()), tuple(client.config.databases.find())
    indexes = read_indexes(ctx, owners(options, entries, databases, chunk_owners(client)))
    keys, ranges = sharded_keys(entries), _ranges(client)
    seen = {
        namespace: Seen(
            exists=True,
            key=keys.get(namespace),
            ranges=tuple(ranges.get(namespace, ())),
            on=indexes[namespace],
            options=options[namespace],
            empty=empty[namespace],
        )
        for namespace in options
    }
    found = LiveSocial(
        dict(segments),
        _with_ranges(seen, ranges),
        shard_entries=tuple(client.config.shards.find()),
        database_entries=databases,
        views=views,
        others=tuple(sorted({*client.list_database_names()} - {*segments, *_OWN_DATABASES})),
    )
    return replace(found, seen={**found.seen, **_sizes(client, found, wanted)})


def _with_ranges(seen: dict[str, Seen], ranges: Mapping[str, list[ZoneRange]]) -> dict[str, Seen]:
    """Ranges may be there before the collection: a run was killed in between."""
    early = {ns: Seen(ranges=tuple(parts)) for ns, parts in ranges.items() if ns not in seen}
    return {**early, **seen}


def _ranges(client: Client) -> dict[str, list[ZoneRange]]:
    found: dict[str, list[ZoneRange]] = {}
    for tag in client.config.tags.find():
        found.setdefault(tag["ns"], []).append(ZoneRange(tag["ns"], tag["tag"], tag["min"], tag["max"]))
    return found


def _collections(client: Client, database: str) -> dict[str, Document]:
    return {
        f"{database}.{found['name']}": found
        for found in client[database].list_collections()
        if not found["name"].startswith("system.")
    }


def _is_empty(client: Client, namespace: str) -> bool:
    """By a document, not by a count: the servers' counts are wrong after a crash."""
    database, _, name = namespace.partition(".")
    return client[database][name].find_one({}, {"_id": 1}) is None


def _sizes(client: Client, live: LiveSocial, wanted: Iterable[Collection]) -> dict[str, Seen]:
    """What has another shard key, or documents outside its segment, with its size."""
    found: dict[str, Seen] = {}
    for collection in wanted:
        seen = live.of(collection)
        if seen.exists and (seen.key != shard_key(collection) or live.outside(collection)):
            stats = client[collection.segment].command("collStats", collection.name)
            found[collection.namespace] = replace(seen, size_bytes=int(stats["size"]))
    return found
