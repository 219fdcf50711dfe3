"""What the words of failover and switchover mean, before anything is asked of a cluster."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from pymongo.errors import ServerSelectionTimeoutError

from app_core.errors import SwapskillError, UnhealthyError, UsageError
from cluster_cli import role_change
from cluster_cli.opslog import entries
from cluster_cli.role_change import change_role, group_of, successor_of
from infra.topology import load_topology

TOPOLOGY = load_topology("quorum")


def cluster() -> Any:
    names = {node.name: None for node in TOPOLOGY.nodes()}
    return SimpleNamespace(topology=TOPOLOGY, endpoints=names, name="quorum")


def test_a_member_after_payments_is_not_taken_for_the_successor_in_silence() -> None:
    with pytest.raises(UsageError, match="payments takes no name") as error:
        group_of(cluster(), "payments", "pg3")
    assert "--to MEMBER" in str(error.value.hint)


def test_shard_alone_asks_which_one() -> None:
    with pytest.raises(UsageError, match="which shard.: known: members-1, exchange-1"):
        group_of(cluster(), "shard", None)
    with pytest.raises(UsageError, match="unknown shard: exchange: did you mean 'exchange-1'"):
        group_of(cluster(), "shard", "exchange")


def test_the_successor_is_a_member_of_the_group() -> None:
    members = [node.name for node in TOPOLOGY.nodes() if node.group == "payments"]
    assert successor_of(cluster(), "payments", members[-1]) == members[-1]
    assert successor_of(cluster(), "payments", None) is None
    with pytest.raises(UsageError, match="not a member of this group") as error:
        successor_of(cluster(), "exchange-1", members[-1])
    assert "exchange-1-a" in str(error.value.why)


@pytest.mark.parametrize("change", ["failover", "switchover"])
def test_the_engine_hears_who_is_to_lead(monkeypatch: pytest.MonkeyPatch, change: Any) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(role_change, "_engine", lambda *_: lambda *_, **words: asked.append(words))
    change_role(
        cluster(), change, "payments", "payments", target="pg3", dry_run=True, progress=lambda _: None
    )
    assert asked[0]["target"] == "pg3"


DRIVER_ERRORS = [psycopg.OperationalError("connection refused"), ServerSelectionTimeoutError("no primary")]


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("error", DRIVER_ERRORS, ids=["postgresql", "mongodb"])
def test_a_member_that_does_not_answer_is_told_as_such_and_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, dry_run: bool
) -> None:
    def run(*_: object, **__: object) -> None:
        raise error

    ctx = cluster()
    ctx.state_dir = tmp_path
    monkeypatch.setattr(role_change, "_engine", lambda *_: run)
    with pytest.raises(UnhealthyError, match="do(es)? not answer") as caught:
        change_role(
            ctx, "switchover", "payments", "payments", target=None, dry_run=dry_run, progress=lambda _: None
        )
    assert caught.value.hint == "swapctl status"
    assert [entry.result for entry in entries(ctx)] == ([] if dry_run else [str(caught.value)])


@pytest.mark.parametrize("error", [psycopg.OperationalError("terminated"), SwapskillError("etcd is silent")])
def test_a_key_that_cannot_be_released_early_does_not_end_the_hand_over(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def failing(*_: object) -> None:
        raise error

    asked: list[str] = []
    switchover = importlib.import_module("cluster_cli.engines.postgresql.switchover")  # not the function
    monkeypatch.setattr(switchover.etcd, "get", lambda *_: None)
    monkeypatch.setattr(switchover, "etcd_group", lambda _: "etcd")
    monkeypatch.setattr(switchover, "key", lambda *_: "leader")
    monkeypatch.setattr(switchover, "_position", lambda *_: 0)
    monkeypatch.setattr(switchover._Request, "run", lambda _: None)
    monkeypatch.setattr(switchover, "release_early", failing)
    monkeypatch.setattr(switchover, "is_writable", lambda _, member: not asked.append(member))
    monkeypatch.setattr(switchover, "_lead_to", lambda *_: True)
    switchover._hand_over(cluster(), "pg1", "pgsync1", (), 1.0)
    assert asked == ["pgsync1"]
