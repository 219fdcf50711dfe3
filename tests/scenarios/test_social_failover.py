"""Failover, switchover, losses and rollback of the social domain, on a real cluster."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from cluster_cli.drills.checks.lost_accounted import JOURNAL_INTERVAL
from cluster_cli.engines.model import Health
from cluster_cli.engines.mongodb import (
    await_rejoined,
    handle,
    mongo_client,
    primary,
    read_status,
    switchover,
)
from cluster_cli.rescue import compare, read_documents, replay, rollback_files
from cluster_cli.waiting import wait_until
from infra.context import Context
from infra.platform import Kill, Pause
from tests.scenarios.social_load import Writer, lost, writing

pytestmark = pytest.mark.cluster
SHARD, OTHER = "exchange-1", "members-1"


def health(ctx: Context, member: str) -> Health:
    return next(m.health for m in read_status(ctx) if m.member == member)


def members(ctx: Context, shard: str) -> list[str]:
    return [e.member for e in ctx.of_kind("mongod-shard", shard)]


def kill(ctx: Context, member: str) -> None:
    assert isinstance(ctx.platform, Kill)
    ctx.platform.kill(member)


@pytest.fixture(autouse=True)
def healthy(sandbox: Context) -> Iterator[None]:
    """Each scenario begins and ends with every social member in its role."""
    yield
    assert isinstance(sandbox.platform, Pause)
    for endpoint in [*sandbox.of_kind("mongod-shard"), *sandbox.of_kind("mongod-config")]:
        sandbox.platform.resume(endpoint.member)
        sandbox.platform.start(endpoint.member)
    assert wait_until(lambda: all(m.ok for m in read_status(sandbox)), 60)


def test_a_switchover_keeps_every_acknowledged_write_even_w1(sandbox: Context) -> None:
    old = primary(sandbox, SHARD)
    with writing(sandbox, "messages") as writer:
        change = switchover(sandbox, SHARD)
    assert change is not None
    assert change.new_primary != old
    assert writer.failed == []
    assert lost(sandbox, "messages", writer.acked) == set()


def test_a_killed_primary_is_replaced_and_comes_back(sandbox: Context) -> None:
    old = primary(sandbox, SHARD)
    assert old is not None
    with writing(sandbox, "reviews") as writer:
        kill(sandbox, old)
        assert wait_until(lambda: primary(sandbox, SHARD) not in (None, old), 30)
        assert health(sandbox, old) is Health.DOWN
    assert lost(sandbox, "reviews", writer.acked) == set()
    sandbox.platform.start(old)
    await_rejoined(sandbox, SHARD, old)


def test_a_frozen_member_is_told_from_a_dead_one(sandbox: Context) -> None:
    frozen = next(m.member for m in read_status(sandbox) if m.group == SHARD and m.role == "secondary")
    assert isinstance(sandbox.platform, Pause)
    sandbox.platform.pause(frozen)
    assert health(sandbox, frozen) is Health.FROZEN
    sandbox.platform.resume(frozen)
    assert wait_until(lambda: health(sandbox, frozen) is Health.OK, 30)


def test_the_loss_of_a_shard_is_not_noticed_on_the_other(sandbox: Context) -> None:
    with writing(sandbox, "skills") as writer:
        for member in members(sandbox, SHARD):
            kill(sandbox, member)
        more = len(writer.acked) + 200
        assert wait_until(lambda: len(writer.acked) > more, 30)
        for member in members(sandbox, SHARD):
            sandbox.platform.start(member)
        assert wait_until(lambda: primary(sandbox, SHARD) is not None, 60)
    assert writer.failed == []
    assert lost(sandbox, "skills", writer.acked) == set()


def test_the_loss_of_all_config_servers_stops_no_write(sandbox: Context) -> None:
    config = [e.member for e in sandbox.of_kind("mongod-config")]
    with writing(sandbox, "messages") as writer:
        for member in config:
            kill(sandbox, member)
        more = len(writer.acked) + 200
        assert wait_until(lambda: len(writer.acked) > more, 30)
        for member in config:
            sandbox.platform.start(member)
        assert wait_until(lambda: primary(sandbox, "config") is not None, 60)
    assert writer.failed == []


def test_rolled_back_writes_are_found_and_put_back(sandbox: Context) -> None:
    """Both secondaries die, w:1 goes on being acknowledged, the primary dies and comes back last."""
    old = primary(sandbox, SHARD)
    assert old is not None
    others = [m for m in members(sandbox, SHARD) if m != old]
    before = {file.id for file in rollback_files(sandbox, SHARD)}
    with mongo_client(sandbox, "app", serverSelectionTimeoutMS=5000) as client:
        writer = Writer(handle(client, "messages"))
        writer.start()
        assert wait_until(lambda: len(writer.acked) > 0, 20)  # connected before the primary's time runs
        for member in others:
            kill(sandbox, member)
        alone = len(writer.acked)
        assert wait_until(lambda: len(writer.acked) > alone + 50, 10, interval=0.001)
        time.sleep(3 * JOURNAL_INTERVAL)  # what the dead primary has not on disk is in no rollback file
        writer.over.set()
        kill(sandbox, old)
        writer.join(30)
    for member in others:
        sandbox.platform.start(member)
    assert wait_until(lambda: primary(sandbox, SHARD) in others, 60)
    sandbox.platform.start(old)
    await_rejoined(sandbox, SHARD, old)

    gone = lost(sandbox, "messages", writer.acked)
    files = [file for file in rollback_files(sandbox, SHARD) if file.id not in before]
    files = [file for file in files if file.namespace == "exchange.messages"]  # a server's own writes apart
    assert {file.member for file in files} == {old}
    documents = [item for file in files for item in read_documents(file)]
    found = {item.document["_id"] for item in documents} & gone
    assert found
    with mongo_client(sandbox, "root") as client:
        result = replay(client, compare(client, documents))
        assert result.replayed >= len(found)
        assert replay(client, compare(client, documents)).replayed == 0
    assert lost(sandbox, "messages", writer.acked) == gone - found
