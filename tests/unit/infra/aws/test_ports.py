"""Members that share a host have ports of their own, and the security groups let in each that is used."""

from __future__ import annotations

import pytest

from infra.aws.local.types import INGRESS
from infra.aws.local.values import bare
from infra.aws.ports import PORTS, across, flows, member_ports
from infra.topology import load_topology
from tests.unit.infra.topology.files import warm

from .stacks import graph, graph_of, raw

TARGETS = "aws:lb/targetGroupAttachment:TargetGroupAttachment"


def shared_edge():
    """Ephemeral with both routers and both proxies on one host, and an etcd more on a data host."""
    file = raw("ephemeral")
    for member in (*file["social"]["routers"], *file["payments"]["proxies"]):
        member["host"] = "edge-a"
    file["payments"]["etcd"] += [{"name": f"etcd-{n}", "host": f"data-{n[0]}"} for n in ("a2", "b2")]
    return file


@pytest.mark.parametrize("stack", ["production", "ephemeral", "staging", "minimal", "sandbox"])
def test_no_two_members_of_a_host_have_one_port(stack):
    topology = load_topology(stack)
    ports = member_ports(topology)
    taken = [(node.host, port) for node in topology.nodes() for port in ports[node.name].values()]
    assert len(taken) == len(set(taken)) >= len(topology.nodes())


def test_a_second_shard_on_the_same_hosts_is_ten_higher():
    ports = member_ports(load_topology("staging"))
    assert ports["members-1-a"] == {"mongo": 27018} and ports["exchange-1-a"] == {"mongo": 27028}
    assert ports["exchange-1-b"] == ports["exchange-1-c"] == {"mongo": 27028}
    assert ports["config-a"] == {"mongo": 27019}, "another kind has other ports"
    told = bare(graph("staging").outputs["members"])
    assert {name: member["ports"] for name, member in told.items()} == ports


def test_members_on_hosts_of_their_own_have_the_ports_of_their_kind():
    topology = load_topology("production")
    ports = member_ports(topology)
    assert all(ports[node.name] == PORTS[node.kind] for node in topology.nodes())


@pytest.mark.parametrize("stack", ["production", "staging", "ephemeral", "shared", "warm"])
def test_each_port_that_peers_use_is_open_to_them(stack):
    files = {"shared": lambda: (shared_edge(), "ephemeral"), "warm": lambda: (warm(), "production")}
    found = graph_of(*files[stack]()) if stack in files else graph(stack)
    opened = {
        (found.used(rule, "securityGroupId")[0].inputs["description"], rule.inputs["fromPort"])
        for rule in found.of(INGRESS)
        if found.used(rule, "securityGroupId")
    }
    wanted = {
        (f"Members of role {member['kind']}", port)
        for member in bare(found.outputs["members"]).values()
        for name, port in member["ports"].items()
        if name != "sync"  # offered on the host alone
    }
    assert len(wanted) > 8 and not wanted - opened


def test_names_and_targets_say_the_members_own_ports():
    found = graph_of(shared_edge(), "ephemeral")
    records = {item.name: item.inputs["records"] for item in found.of("aws:route53/record:Record")
               if item.inputs["type"] == "SRV"}  # fmt: skip
    assert [text.split()[2] for text in records["routers-srv"]] == ["27017", "27027"]
    assert sorted(text.split()[2] for text in records["payments-etcd-srv"]) == [
        "2380", "2380", "2380", "2390", "2390"
    ]  # fmt: skip
    ports = {item.name: item.inputs["port"] for item in found.of(TARGETS)}
    assert (ports["proxies-rw-proxy-a"], ports["proxies-rw-proxy-b"]) == (5000, 5010)


def test_a_hidden_member_and_the_arbiter_of_its_set_reach_each_other():
    here, there = {"mongod-shard": 1, "mongod-arbiter": 1}, {"mongod-hidden": 2}
    outgoing = {(flow.source, flow.target, flow.port) for flow in across(there, here, dr=True)}
    assert ("mongod-hidden", "mongod-arbiter", 27020) in outgoing
    only = across({"mongod-arbiter": 1}, there, dr=False)
    assert {(flow.source, flow.target, flow.port) for flow in only} == {
        ("mongod-hidden", "mongod-arbiter", 27020),
        ("mongod-arbiter", "mongod-hidden", 27018),
        ("mongod-arbiter", "mongod-hidden", 27028),
    }


def test_a_crowded_host_opens_no_port_more():
    assert {flow.port for flow in flows({"router": 1, "mongod-shard": 2})} == {27018, 27028}
