"""A segment of several shards, a set with an arbiter: shapes that the reference topology has not."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster_cli.bootstrap import bootstrap
from cluster_cli.engines.mongodb import mongo_client
from cluster_cli.status import read_cluster
from infra.context import Context, load_context
from infra.sandbox.down import down
from infra.sandbox.up import up
from infra.topology import load_topology

pytestmark = pytest.mark.cluster
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
    name = f"seg-{secrets.token_hex(3)}"
    up(name, load_topology(str(file)))
    try:
        yield load_context(name)
    finally:
        down(name, purge=True)


def test_collections_are_split_over_the_shards_of_their_segment(segments: Context) -> None:
    with mongo_client(segments, "root") as client:
        for name in ("messages", "reviews", "sessions"):
            entry = client.config.collections.find_one({"_id": f"exchange.{name}"})
            assert entry is not None
            chunks = list(client.config.chunks.find({"uuid": entry["uuid"]}))
            assert sorted(chunk["shard"] for chunk in chunks) == ["exchange-1", "exchange-2"]


def test_a_set_with_an_arbiter_is_healthy_and_the_rerun_finds_nothing_to_do(segments: Context) -> None:
    cluster = read_cluster(segments)
    assert cluster.healthy, cluster.verdict
    assert [m.role for m in cluster.members if m.member == "archive-1-c"] == ["arbiter"]
    assert not bootstrap(segments).changed
