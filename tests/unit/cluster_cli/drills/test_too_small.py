"""A drill on a topology without what it would hit: refused with the topology that has it."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any, cast

import pytest

from app_core.errors import RefusedError
from cluster_cli.drills import faults
from cluster_cli.drills.faults import etcd_member_loss
from cluster_cli.drills.site import Site
from infra.topology import load_topology


def site() -> Site:
    """As the topology `minimal` looks to a drill."""
    topology = load_topology("minimal")

    def of_kind(kind: str, group: str | None = None) -> list[Any]:
        found = [node for node in topology.nodes() if node.kind == kind and group in (None, node.group)]
        return [SimpleNamespace(member=node.name) for node in found]

    ctx = SimpleNamespace(topology=topology, of_kind=of_kind)
    made = SimpleNamespace(ctx=ctx, scope="payments", proxies=of_kind("proxy"), path_of=lambda name: name)
    return cast(Site, cast(Any, made))


@pytest.mark.parametrize(
    ("drill", "lacks"),
    [
        ("dr-link-loss", "DR region"),
        ("etcd-member-loss", "etcd member to spare"),
        ("etcd-quorum-loss", "etcd majority to lose"),
        ("mongo-router-loss", "second router"),
        ("proxy-loss", "second proxy"),
    ],
)
def test_the_refusal_names_what_is_missing_and_a_topology_that_has_it(monkeypatch, drill, lacks):
    monkeypatch.setattr(etcd_member_loss.etcd, "leader", lambda *_: "etcd-a")
    (fault,) = faults.drill(drill).faults
    with pytest.raises(RefusedError, match=f"the topology has no {lacks}: minimal") as told:
        fault.aim(site(), random.Random(1))
    assert "--topology sandbox" in str(told.value.hint)
