"""The social domain as the bootstrap leaves it, and what a second bootstrap finds to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.collection import Collection as MongoCollection
from pymongo.errors import OperationFailure, WriteError

from app_core.schema import registry
from app_core.schema.model import Collection
from bench.samples import Samples
from cluster_cli.bootstrap import bootstrap
from cluster_cli.engines.mongodb import bound, member_client, mongo_client, primary
from cluster_cli.engines.mongodb.clients import Client
from cluster_cli.engines.mongodb.users import PROBE_DATABASE
from cluster_cli.schema.apply import apply_schema
from infra.context import Context

pytestmark = pytest.mark.cluster
STALE_CONFIG = 13388
SHARDED = [c for c in registry.collections() if c.shard_key]


@pytest.fixture
def root(sandbox: Context) -> Iterator[Client]:
    with mongo_client(sandbox, "root") as client:
        yield client


def test_a_second_bootstrap_changes_nothing(sandbox: Context) -> None:
    result = bootstrap(sandbox)
    assert [s.name for s in result.steps if s.changed] == []
    assert not result.changed


def test_a_bootstrap_repairs_what_is_missing_and_says_what(sandbox: Context, root: Client) -> None:
    root["exchange"]["messages"].drop_index("sender_id_1_created_at_1")
    shard = sandbox.topology.social.shards[0].name  # type: ignore[union-attr]
    leader = primary(sandbox, shard)
    assert leader is not None
    with member_client(sandbox, leader) as client:
        client.admin.command("updateUser", "prober", roles=[])
    changed = [s.name for s in bootstrap(sandbox).steps if s.changed]
    assert sorted(changed) == ["collection exchange.messages", f"{shard}: users"]
    assert not bootstrap(sandbox).changed


def test_a_dry_run_says_what_is_missing_and_leaves_it(sandbox: Context, root: Client) -> None:
    root["members"]["skills"].drop_index("langs_1")
    for _ in range(2):
        dry = apply_schema(sandbox, lambda _: None, dry_run=True)
        assert [s.name for s in dry.steps if s.changed] == ["collection members.skills"]
    assert apply_schema(sandbox, lambda _: None).changed
    assert not apply_schema(sandbox, lambda _: None).changed


@pytest.mark.parametrize("collection", SHARDED, ids=lambda c: c.name)
def test_every_chunk_lies_on_a_shard_of_its_segment(
    sandbox: Context, root: Client, collection: Collection
) -> None:
    assert sandbox.topology.social is not None
    entry = root.config.collections.find_one({"_id": collection.namespace})
    assert entry is not None
    assert tuple(entry["key"]) == collection.shard_key
    shards = {chunk["shard"] for chunk in root.config.chunks.find({"uuid": entry["uuid"]})}
    assert shards
    assert shards <= set(sandbox.topology.social.segments[collection.segment])


def test_each_segments_database_lies_in_its_segment(sandbox: Context, root: Client) -> None:
    assert sandbox.topology.social is not None
    primaries = {d["_id"]: d["primary"] for d in root.config.databases.find()}
    for segment, shards in sandbox.topology.social.segments.items():
        assert primaries[segment] in shards


@pytest.mark.parametrize("collection", registry.collections(), ids=lambda c: c.name)
def test_the_registrys_indexes_are_on_every_shard_that_holds_the_collection(
    sandbox: Context, collection: Collection
) -> None:
    assert sandbox.topology.social is not None
    for shard in sandbox.topology.social.segments[collection.segment]:
        leader = primary(sandbox, shard)
        assert leader is not None
        with member_client(sandbox, leader) as client:
            names = set(client[collection.segment][collection.name].index_information())
        assert {index.name for index in collection.indexes} <= names


def test_the_application_writes_its_segments_and_nothing_else(sandbox: Context) -> None:
    with mongo_client(sandbox, "app") as app:
        messages = bound(app, registry.collection("messages"))
        document = Samples().document(messages.entry, 1)
        messages.insert_one(document)
        assert (
            messages.delete_one({"_id": document["_id"], "session_id": document["session_id"]}).deleted_count
            == 1
        )
        with pytest.raises(OperationFailure):
            app["elsewhere"]["things"].insert_one({})


def write_once_the_shard_knows(target: MongoCollection[dict[str, Any]], document: dict[str, Any]) -> None:
    """A new primary refuses its first write, and then asks whether the collection is sharded."""
    try:
        target.insert_one(document)
    except WriteError as error:
        assert error.code == STALE_CONFIG, error
        target.insert_one(document)


def test_the_prober_writes_on_each_shards_own_port(sandbox: Context) -> None:
    assert sandbox.topology.social is not None
    for shard in sandbox.topology.social.shards:
        leader = primary(sandbox, shard.name)
        assert leader is not None
        with member_client(sandbox, leader, "prober") as client:
            write_once_the_shard_knows(client[PROBE_DATABASE]["writes"], {"member": leader})
            with pytest.raises(OperationFailure):
                client["members"]["users"].find_one()


def test_users_of_the_cluster_cannot_log_in_on_a_shard(sandbox: Context) -> None:
    shard = sandbox.of_kind("mongod-shard")[0]
    client: Client = MongoClient(
        shard.address,
        shard.ports["mongo"],
        directConnection=True,
        tls=True,
        tlsCAFile=str(sandbox.credentials.ca_file),
        username="root",
        password=sandbox.credentials.secret("mongo_root"),
    )
    with client, pytest.raises(OperationFailure) as refused:
        client.admin.command("listDatabases")
    assert refused.value.code == 18


def test_majority_is_the_clusters_default_write_concern(root: Client) -> None:
    concern = root.admin.command("getDefaultRWConcern")
    assert concern["defaultWriteConcern"]["w"] == "majority"
