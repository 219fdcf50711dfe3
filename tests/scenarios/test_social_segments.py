"""A segment of several shards, a set with an arbiter: shapes that the reference topology has not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app_core.schema import registry
from app_core.schema.model import Collection, Query
from app_core.schema.queries import mongo_filter, one_shard
from bench.samples import Samples
from cluster_cli.bootstrap import bootstrap
from cluster_cli.engines.mongodb import member_client, mongo_client
from cluster_cli.ephemeral import ephemeral_cluster
from cluster_cli.schema.apply import apply_schema, find_differences
from cluster_cli.status import read_cluster
from cluster_cli.waiting import wait_until
from infra.context import Context
from infra.topology import load_topology
from tests.scenarios.shard_indexes import indexes_on_shards, wrong_on_shards

pytestmark = pytest.mark.cluster
SPREAD = [c for c in registry.collections() if c.segment == "exchange" and c.shard_key]
TOPOLOGY = """
name: segments
class: ephemeral
versions: {mongodb: "6.0.5", postgresql: "15", etcd: "3.4", allow_known_bad: true}
regions: [{name: here, zones: [a, b, c]}]
hosts: [{name: h-a, zone: a}, {name: h-b, zone: b}, {name: h-c, zone: c}]
social:
  segments: {members: [members-1], exchange: [exchange-1, exchange-2], archive: [archive-1]}
  shards:
    - {name: members-1, members: [{name: members-1-a, host: h-a}]}
    - {name: exchange-1, members: [{name: exchange-1-a, host: h-a}]}
    - {name: exchange-2, members: [{name: exchange-2-a, host: h-b}]}
    - name: archive-1
      members: [{name: archive-1-a, host: h-a}, {name: archive-1-b, host: h-b}]
      arbiter: {name: archive-1-c, host: h-c}
  config: {name: config, members: [{name: config-a, host: h-a}]}
  routers: [{name: router-a, host: h-a}]
  dr: none
"""


@pytest.fixture(scope="module")
def segments(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    file: Path = tmp_path_factory.mktemp("topology") / "segments.yaml"
    file.write_text(TOPOLOGY)
    with ephemeral_cluster(load_topology(str(file))) as ctx:
        yield ctx


def test_collections_are_split_over_the_shards_of_their_segment(segments: Context) -> None:
    with mongo_client(segments, "root") as client:
        for name in ("messages", "reviews", "sessions"):
            entry = client.config.collections.find_one({"_id": f"exchange.{name}"})
            assert entry is not None
            chunks = list(client.config.chunks.find({"uuid": entry["uuid"]}))
            assert sorted(chunk["shard"] for chunk in chunks) == ["exchange-1", "exchange-2"]


@pytest.mark.parametrize("collection", SPREAD, ids=lambda c: c.name)
def test_a_query_with_the_whole_key_asks_one_shard_and_others_ask_all(
    segments: Context, collection: Collection
) -> None:
    document = Samples().document(collection, 1)
    with mongo_client(segments, "root") as client:
        for index in collection.indexes:
            if index.query is None or not index.query.conditions or not asks(index.query) <= document.keys():
                continue
            find = {"find": collection.name, "filter": mongo_filter(index.query, document)}
            plan = client["exchange"].command(
                {"explain": find, "verbosity": "queryPlanner"}, codec_options=client.codec_options
            )
            shards = plan["queryPlanner"]["winningPlan"]["shards"]
            assert len(shards) == (1 if one_shard(index.query, collection.shard_key) else 2), index.name


def asks(template: Query) -> set[str]:
    return {condition.field.partition(".")[0] for condition in template.conditions}


def test_nothing_differs_on_a_segment_of_several_shards(segments: Context) -> None:
    assert find_differences(segments) == []


def test_every_shard_of_a_segment_has_the_indexes_of_the_registry(segments: Context) -> None:
    found = indexes_on_shards(segments, registry.collections())
    assert {*found["exchange.messages"]} == {"exchange-1", "exchange-2"}
    wrong = {c.namespace: wrong_on_shards(c, found[c.namespace]) for c in registry.collections()}
    assert {namespace: words for namespace, words in wrong.items() if words} == {}


@pytest.mark.parametrize("shard", ["exchange-1", "exchange-2"])
def test_an_index_that_one_shard_lost_is_told_and_built_again(segments: Context, shard: str) -> None:
    messages = registry.collection("messages")
    with member_client(segments, f"{shard}-a") as client:
        client["exchange"]["messages"].drop_index("sender_id_1_created_at_1")
    on = indexes_on_shards(segments, [messages])[messages.namespace]
    assert wrong_on_shards(messages, on) == [f"{shard} lacks sender_id_1_created_at_1"]
    (one,) = find_differences(segments)
    assert one.object == "exchange.messages sender_id_1_created_at_1"
    assert one.detail == f"the index is missing on {shard}"
    apply_schema(segments, lambda _: None)
    on = indexes_on_shards(segments, [messages])[messages.namespace]
    assert wrong_on_shards(messages, on) == []
    assert find_differences(segments) == []


def test_an_index_that_only_one_shard_has_goes_when_it_is_named(segments: Context) -> None:
    with member_client(segments, "exchange-2-a") as client:
        client["exchange"]["messages"].create_index("lang", name="odd")
    (one,) = find_differences(segments)
    assert (one.kind, one.name) == ("extra-index", "exchange.messages.odd")
    assert one.detail == "the registry does not have this index on exchange-2"
    apply_schema(segments, lambda _: None, allowed=frozenset({"exchange.messages.odd"}))
    assert find_differences(segments) == []


def test_a_set_with_an_arbiter_is_healthy_and_the_rerun_finds_nothing_to_do(segments: Context) -> None:
    assert wait_until(lambda: read_cluster(segments).healthy, 30), read_cluster(segments).verdict
    cluster = read_cluster(segments)
    assert [m.role for m in cluster.members if m.member == "archive-1-c"] == ["arbiter"]
    assert not bootstrap(segments).changed
