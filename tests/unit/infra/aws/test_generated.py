"""Any valid topology gives a graph in which every policy rule holds and every member has exactly one host."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle, islice
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.aws.local.run import resolve
from infra.aws.local.stacks import make_stack
from infra.policy import Stack, findings

from .stacks import local, parse, raw

INSTANCE = "aws:ec2/instance:Instance"
NO_DEADLINE = {"deadline": None, "suppress_health_check": list(HealthCheck), "derandomize": True}


def spread(prefix: str, count: int, zones: str) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Members round the zones on hosts of their own, and those hosts."""
    places = list(islice(cycle(zones), count))
    members = [{"name": f"{prefix}-{n}", "host": f"h-{prefix}-{n}"} for n in range(count)]
    return members, [{"name": f"h-{prefix}-{n}", "zone": zone} for n, zone in enumerate(places)]


@st.composite
def files(draw: st.DrawFn, most: int) -> dict[str, Any]:
    """The production topology with 2 to `most` shards of 3 or 5 members over 3 to 5 zones."""
    file = raw("production")
    zones = "abcde"[: draw(st.integers(3, 5))]
    file["regions"][0]["zones"] = list(zones)
    old = ("mongo-members", "mongo-exchange")
    file["hosts"] = [host for host in file["hosts"] if not host["name"].startswith(old)]
    shards = []
    for number in range(draw(st.integers(2, most))):
        members, hosts = spread(f"s{number}", draw(st.sampled_from([3, 5])), zones)
        file["hosts"] += hosts
        shards.append({"name": f"s{number}", "members": members})
    file["social"]["shards"] = shards
    names = [shard["name"] for shard in shards]
    file["social"]["segments"] = {"exchange": names[:1], "members": names[1:]}
    return file


def check(file: dict[str, Any]) -> None:
    topology = parse(file)
    stack = make_stack(replace(local("production").settings, topology=topology.name), topology)
    graph = resolve(stack.program)
    assert not {rule: found for rule, found in findings(Stack(graph, topology)).items() if found}
    hosts = [item.tags["Host"] for item in graph.of(INSTANCE)]
    assert len(hosts) == len(set(hosts)) and {node.host for node in topology.nodes()} == set(hosts)


@settings(max_examples=3, **NO_DEADLINE)
@given(files(5))
def test_any_topology_keeps_every_rule(file: dict[str, Any]) -> None:
    check(file)


@pytest.mark.full
@settings(max_examples=15, **NO_DEADLINE)
@given(files(20))
def test_any_large_topology_keeps_every_rule(file: dict[str, Any]) -> None:
    check(file)


def test_a_shard_in_one_zone_is_noticed() -> None:
    """The inversion: placed past the topology's own rules, the policy must name the shard."""
    from infra.topology import Topology
    from infra.topology.aws import Aws

    file = raw("production")
    for host in file["hosts"]:
        if host["name"].startswith("mongo-members"):
            host["zone"] = "a"
    sizes = Aws.model_validate(file.pop("aws"))
    topology = Topology.model_validate(file).with_origin("", {"aws": sizes})
    graph = resolve(make_stack(local("production").settings, topology).program)
    broken = findings(Stack(graph, topology))
    assert [found.resource for found in broken["replica-set-zones"]] == ["members-1"]
