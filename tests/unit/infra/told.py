"""Outputs as a stack of a shipped topology would tell them, made without running a program."""

from __future__ import annotations

from pathlib import Path

from infra.aws.outputs import StackOutputs
from infra.aws.ports import member_ports
from infra.topology import load_topology


def told(name: str = "ephemeral", file: Path | None = None) -> StackOutputs:
    """Of a shipped topology, or of a stack of that name with a topology file of its own."""
    topology = load_topology(file or name)
    ports = member_ports(topology)
    hosts = {
        host.name: {
            "instance_id": f"i-{number:08x}", "private_ip": f"10.20.0.{number + 4}",
            "fqdn": f"{host.name}.{name}.internal", "region": topology.region_of(host.zone),
            "zone": f"{topology.region_of(host.zone)}{host.zone[-1]}", "instance_type": "t4g.medium",
            "roles": topology.roles(host.name),
        }
        for number, host in enumerate(topology.hosts)
    }  # fmt: skip
    members = {
        node.name: {
            "kind": node.kind, "group": node.group, "host": node.host,
            "fqdn": f"{node.name}.{name}.internal", "ports": ports[node.name],
        }
        for node in topology.nodes()
    }  # fmt: skip
    facts = {"version": 1, "stack": name, "topology": topology.name, "cluster_class": topology.class_}
    facts["topology_digest"] = topology.digest
    empty = {key: {} for key in ("regions", "endpoints", "buckets", "secrets", "keys")}
    place = {"account": "111122223333", "domain": f"{name}.internal"}
    return StackOutputs.model_validate({**facts, **place, **empty, "hosts": hosts, "members": members})
