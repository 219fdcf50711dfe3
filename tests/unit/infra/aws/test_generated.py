"""Any valid topology gives a graph in which every policy rule holds and every member has exactly one host."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.aws.local.run import resolve
from infra.aws.local.stacks import make_stack
from infra.aws.local.values import bare
from infra.policy import Stack, findings

from .stacks import local, parse, raw

SEEN: set[tuple[str, Any]] = set()
INSTANCE = "aws:ec2/instance:Instance"
NO_DEADLINE = {"deadline": None, "suppress_health_check": list(HealthCheck), "derandomize": True}


SIZES = {"mongod-hidden": {"instance": "r7g.xlarge", "disk": 500},
         "mongod-hidden-config": {"instance": "t4g.medium", "disk": 20}}  # fmt: skip


class Hosts:
    """Hosts of a file. shared: member n of every group stands on the n-th host; else on one of its own."""

    def __init__(self, zones: str, shared: bool) -> None:
        self._zones, self._shared = zones, shared
        self.found: dict[str, dict[str, str]] = {}

    def members(self, group: str, count: int, prefix: str = "data") -> list[dict[str, str]]:
        """Members of a group round the zones."""
        hosts = [f"{prefix if self._shared else group}-h{n}" for n in range(count)]
        for host, zone in zip(hosts, cycle(self._zones)):
            self.found[host] = {"name": host, "zone": zone}
        return [{"name": f"{group}-{n}", "host": host} for n, host in enumerate(hosts)]

    def there(self, group: str) -> dict[str, str]:
        """One member in the DR region."""
        host = "dr-h" if self._shared else f"{group}-dr-h"
        self.found[host] = {"name": host, "zone": "dr-a"}
        return {"name": f"{group}-copy", "host": host}


@st.composite
def files(draw: st.DrawFn, most: int) -> dict[str, Any]:
    """The production topology with other shapes.

    2 to `most` shards (each of the two segments needs one) of 3 or 5 members over 3 to 5 zones; members on
    hosts of their own or on shared ones; PostgreSQL with 2 or 3 members in both modes; DR off, cold or warm.
    """
    file, zones = raw("production"), "abcde"[: draw(st.integers(3, 5))]
    hosts, dr = Hosts(zones, draw(st.booleans())), draw(st.sampled_from(["none", "cold", "warm"]))
    file["regions"][0]["zones"] = list(zones)
    _social(draw, file["social"], hosts, most)
    _payments(draw, file["payments"], hosts)
    _second_region(file, hosts, dr)
    file["hosts"] = list(hosts.found.values())
    return file


def _social(draw: st.DrawFn, social: dict[str, Any], hosts: Hosts, most: int) -> None:
    names = [f"s{number}" for number in range(draw(st.integers(2, most)))]
    odd = st.sampled_from([3, 5])
    social["shards"] = [{"name": name, "members": hosts.members(name, draw(odd))} for name in names]
    social["segments"] = {"exchange": names[:1], "members": names[1:]}
    social["config"]["members"] = hosts.members("config", draw(odd))
    social["routers"] = hosts.members("router", draw(st.integers(2, 3)), "edge")


def _payments(draw: st.DrawFn, payments: dict[str, Any], hosts: Hosts) -> None:
    payments["members"] = hosts.members("pg", draw(st.integers(2, 3)))
    payments["sync"] = {"mode": draw(st.sampled_from(["first", "quorum"])), "count": 1}
    payments["etcd"] = hosts.members("etcd", draw(st.sampled_from([3, 5])))
    payments["proxies"] = hosts.members("proxy", 2, "edge")


def _second_region(file: dict[str, Any], hosts: Hosts, dr: str) -> None:
    file["social"]["dr"] = dr
    if dr == "none":
        del file["regions"][1], file["payments"]["dr"]
        return
    file["payments"]["dr"] |= {"members": [hosts.there("pg")], "etcd": [hosts.there("etcd")]}
    if dr == "warm":
        file["aws"]["sizes"] |= SIZES
        for group in (*file["social"]["shards"], file["social"]["config"]):
            group["hidden"] = hosts.there(group["name"])


def check(file: dict[str, Any]) -> None:
    topology = parse(file)
    stack = make_stack(replace(local("production").settings, topology=topology.name), topology)
    graph = resolve(stack.program)
    assert not {rule: found for rule, found in findings(Stack(graph, topology)).items() if found}
    hosts = [item.tags["Host"] for item in graph.of(INSTANCE)]
    told = bare(graph.outputs["members"]).values()
    taken = [(member["host"], port) for member in told for port in member["ports"].values()]
    assert len(taken) == len(set(taken)) >= len(topology.nodes())
    assert len(hosts) == len(set(hosts)) and {node.host for node in topology.nodes()} == set(hosts)


@settings(max_examples=4, **NO_DEADLINE)
@given(files(4))
def test_any_topology_keeps_every_rule(file: dict[str, Any]) -> None:
    check(file)


@pytest.mark.full
@settings(max_examples=15, **NO_DEADLINE)
@given(files(20))
def test_any_large_topology_keeps_every_rule(file: dict[str, Any]) -> None:
    check(file)


@settings(max_examples=60, **NO_DEADLINE)
@given(st.data())
def draw_shapes(data: st.DataObject) -> None:
    """Draws and loads alone, which is fast: each topology is valid."""
    file = data.draw(files(20))
    topology = parse(file)
    roles = max(len(topology.roles(host.name)) for host in topology.hosts)
    SEEN.update({
        ("zones", len(topology.zones())), ("dr", file["social"]["dr"]), ("shared", roles > 3),
        ("members", len(file["payments"]["members"])), ("mode", file["payments"]["sync"]["mode"]),
        ("many", len(file["social"]["shards"]) > 10), ("fewest", len(file["social"]["shards"]) == 2),
    })  # fmt: skip


def test_the_topologies_are_of_every_shape() -> None:
    SEEN.clear()
    draw_shapes()
    wanted = {("zones", 3), ("zones", 4), ("zones", 5), ("dr", "none"), ("dr", "cold"), ("dr", "warm"),
              ("shared", True), ("shared", False), ("members", 2), ("members", 3), ("mode", "first"),
              ("mode", "quorum"), ("many", True), ("fewest", True)}  # fmt: skip
    assert not wanted - SEEN


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
