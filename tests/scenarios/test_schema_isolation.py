"""A shard of one segment is lost: every collection of the other segment is read and written as before."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator

import pytest
from pymongo.errors import PyMongoError

from app_core.schema import registry
from app_core.schema.model import Collection, Field
from bench.samples import Samples
from cluster_cli.engines.mongodb import bound, mongo_client
from cluster_cli.engines.mongodb.clients import Client
from cluster_cli.status import read_cluster
from cluster_cli.waiting import wait_until
from infra.context import Context
from infra.platform import Kill

pytestmark = [pytest.mark.cluster, pytest.mark.full, pytest.mark.timeout(600)]
SEGMENTS = ("members", "exchange")


@contextlib.contextmanager
def lost(ctx: Context, segment: str) -> Iterator[None]:
    """All members of all shards of a segment are killed, and started again at the end."""
    assert ctx.topology.social is not None
    assert isinstance(ctx.platform, Kill)
    shards = ctx.topology.social.segments[segment]
    members = [endpoint.member for shard in shards for endpoint in ctx.of_kind("mongod-shard", shard)]
    for member in members:
        ctx.platform.kill(member)
    try:
        yield
    finally:
        for member in members:
            ctx.platform.start(member)
        assert wait_until(lambda: read_cluster(ctx).healthy, 120)


def used(client: Client, collection: Collection, number: int) -> None:
    """Insert, read by key, list by an index, update what may change, delete: any error is raised."""
    document = Samples(seed=number).document(collection, number)
    target = bound(client, collection)
    target.insert_one(document)
    key = {name: document[name] for name in collection.shard_key} | {"_id": document["_id"]}
    assert wait_until(lambda: target.find_one(key) is not None, 10)  # it may be read from a secondary
    first = next((i for i in collection.indexes if i.fields[0] in document), None)
    if first is not None and first.keys[0][1] in (1, -1):
        value = document[first.fields[0]]
        wanted = value[0] if isinstance(value, list) else value
        list(target.find({first.fields[0]: wanted}).limit(10))
    field = changeable(collection)
    change = {field.name: Samples(seed=number).value(field, number + 1)}
    assert target.update_one(key, {"$set": change}).matched_count == 1
    assert target.delete_one(key).deleted_count == 1


def changeable(collection: Collection) -> Field:
    """A field that no key, unique index, rule or form speaks of. Every collection has one."""
    fixed = {*collection.shard_key, *collection.primary_key}
    fixed |= {name for index in collection.indexes if index.unique for name in index.fields}
    fixed |= {name for rule in collection.rules for name in (rule.left, rule.right)}
    fixed |= {name for limit in collection.limits for name in (limit.when[0], limit.field)}
    if collection.forms is not None:
        fixed |= {collection.forms.by, *(name for _, name in collection.forms.needs)}
    return next(f for f in collection.fields if f.name not in fixed)


def answers(ctx: Context, segment: str) -> bool:
    """Whether a collection of the segment can be read at all, within a few seconds."""
    collection = next(c for c in registry.collections() if c.segment == segment and c.shard_key)
    with mongo_client(ctx, "app", timeoutMS=5000) as client:
        try:
            bound(client, collection).find_one({"_id": uuid.uuid4()})
        except PyMongoError:
            return False
    return True


@pytest.mark.parametrize("segment", SEGMENTS)
def test_the_other_segment_does_not_notice(sandbox: Context, segment: str) -> None:
    others = [c for c in registry.collections() if c.segment != segment]
    assert len(others) > 10
    with mongo_client(sandbox, "app") as client, lost(sandbox, segment):
        assert not answers(sandbox, segment)  # else nothing was lost, and the rest proves nothing
        for number, collection in enumerate(others):
            used(client, collection, number)
        assert not answers(sandbox, segment)
    assert answers(sandbox, segment)
