"""Reads the uses and sizes of indexes from the members of the social domain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pymongo.errors import OperationFailure, PyMongoError

from app_core.schema.model import Collection
from cluster_cli.engines.mongodb.clients import Client, member_client
from cluster_cli.schema.indexes import serves_shard_key
from cluster_cli.schema.review._model import IndexUse
from infra.context import Context
from infra.endpoint import Endpoint

Document = Mapping[str, Any]
_TIMEOUT_S = 5.0
_PARALLEL = 4
_HOLDERS = ("mongod-shard", "mongod-hidden")
"""Kinds of members that have data, and so count uses."""

_CONDITIONS = ("partialFilterExpression", "sparse", "collation")
"""Properties that decide which documents an index holds, and which comparisons it can serve."""


@dataclass(frozen=True)
class Access:
    """One member's counter of one index. cache_share: its size there, as a share of the member's cache."""

    namespace: str
    name: str
    spec: Document
    uses: int
    since: datetime
    cache_share: float


def read_uses(ctx: Context, client: Client, collections: Iterable[Collection]) -> list[IndexUse]:
    """Every index of the registry's collections, with the members that did not answer for it."""
    assert ctx.topology.social is not None
    wanted = list(collections)
    members = [endpoint for kind in _HOLDERS for endpoint in ctx.of_kind(kind)]
    with ThreadPoolExecutor(_PARALLEL, thread_name_prefix="review") as pool:
        parts = list(pool.map(lambda endpoint: _accesses(ctx, endpoint.member, wanted), members))
        accesses = [access for part in parts for access in part or ()]
        stats = dict(
            zip([c.namespace for c in wanted], pool.map(lambda c: _stats(client, c), wanted), strict=True)
        )
    silent = [endpoint for endpoint, part in zip(members, parts, strict=True) if part is None]
    return uses(wanted, accesses, stats, unheard(silent, ctx.topology.social.segments))


def unheard(silent: Iterable[Endpoint], segments: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """Segment -> the silent members of its shards. Pure."""
    members = list(silent)
    return {
        segment: tuple(e.member for e in members if e.group in set(shards))
        for segment, shards in segments.items()
    }


def _accesses(ctx: Context, member: str, collections: Iterable[Collection]) -> list[Access] | None:
    """One member's counters; None when it does not answer, or stops answering in between."""
    found: list[Access] = []
    try:
        with member_client(ctx, member, timeout=_TIMEOUT_S) as client:
            cache = cache_bytes(client.admin.command("serverStatus"))
            for collection in collections:
                found += _of_collection(client, collection, cache)
    except PyMongoError:
        return None
    return found


def cache_bytes(status: Document) -> int:
    """The size of a member's cache, from its `serverStatus`. Pure."""
    return int(status["wiredTiger"]["cache"]["maximum bytes configured"])


def _of_collection(client: Client, collection: Collection, cache: int) -> Iterator[Access]:
    from pymongo import ReadPreference

    place = client[collection.segment].get_collection(
        collection.name, read_preference=ReadPreference.SECONDARY_PREFERRED
    )
    sizes = _stats(client, collection).get("indexSizes", {})
    for found in place.aggregate([{"$indexStats": {}}]):
        name, counted = found["name"], found["accesses"]
        share = sizes.get(name, 0) / cache
        yield Access(collection.namespace, name, found["spec"], int(counted["ops"]), counted["since"], share)


def _stats(client: Client, collection: Collection) -> Document:
    try:
        return client[collection.segment].command("collStats", collection.name)
    except OperationFailure:
        return {}


def uses(
    collections: Iterable[Collection],
    accesses: Iterable[Access],
    stats: Mapping[str, Document],
    silent: Mapping[str, tuple[str, ...]],
) -> list[IndexUse]:
    """The members' counters as one use an index: added up, since the youngest of them began. Pure.

    silent: segment -> its members that did not answer.
    """
    known = {c.namespace: c for c in collections}
    found: dict[tuple[str, str], IndexUse] = {}
    shard_keys = _needed_for_shard_keys(known, accesses := list(accesses))
    for access in accesses:
        key = (access.namespace, access.name)
        if key in found:
            before = found[key]
            found[key] = replace(
                before,
                uses=before.uses + access.uses,
                since=max(before.since, access.since),
                cache_share=max(before.cache_share, access.cache_share),
            )
        else:
            collection = known[access.namespace]
            use = _use(collection, access, stats[access.namespace], key in shard_keys)
            found[key] = replace(use, unheard=silent.get(collection.segment, ()))
    return [found[key] for key in sorted(found)]


def _use(collection: Collection, access: Access, stats: Document, shard_key: bool) -> IndexUse:
    spec = access.spec
    keys = tuple(f"{name} {kind}" for name, kind in spec["key"].items())
    expires = "expireAfterSeconds" in spec
    return IndexUse(
        domain="social",
        table=collection.namespace,
        name=access.name,
        keys=keys,
        needed=bool(access.name == "_id_" or spec.get("unique") or expires or shard_key),
        condition="; ".join(f"{name} {spec[name]}" for name in _CONDITIONS if spec.get(name)),
        special=any(not isinstance(kind, int | float) for kind in spec["key"].values()),
        declared=access.name in {index.name for index in collection.indexes},
        uses=access.uses,
        since=access.since,
        size_bytes=int(stats.get("indexSizes", {}).get(access.name, 0)),
        table_bytes=int(stats.get("size", 0)),
        cache_share=access.cache_share,
        hidden=bool(spec.get("hidden")),
    )


def _needed_for_shard_keys(
    known: Mapping[str, Collection], accesses: Iterable[Access]
) -> set[tuple[str, str]]:
    """The one index by which each collection keeps its shard key, where there is only one."""
    serving: dict[str, set[str]] = {}
    for access in accesses:
        if serves_shard_key(access.spec, known[access.namespace].shard_key):
            serving.setdefault(access.namespace, set()).add(access.name)
    return {(namespace, next(iter(names))) for namespace, names in serving.items() if len(names) == 1}


def now() -> datetime:
    """The time that ages of statistics are counted from."""
    return datetime.now(UTC)
