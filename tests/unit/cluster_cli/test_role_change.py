"""What the words of failover and switchover mean, before anything is asked of a cluster."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from app_core.errors import UsageError
from cluster_cli import role_change
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
