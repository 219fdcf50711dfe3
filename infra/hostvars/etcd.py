"""Variables of an etcd member."""

from __future__ import annotations

from typing import Any

from infra.hostvars import Placement
from infra.timing import Timing
from infra.topology import Node, Topology


def variables(topology: Topology, timing: Timing, node: Node, placement: Placement) -> dict[str, Any]:
    """What `etcd.yml.j2` needs for one member."""
    endpoint = placement.endpoints[node.name]
    pair = placement.tls(node.name, node.name)
    return {
        "etcd_data_dir": str(placement.dir(node.name) / "data"),
        "etcd_client_port": endpoint.ports["client"],
        "etcd_peer_port": endpoint.ports["peer"],
        "etcd_initial_cluster": _initial_cluster(node.group, placement),
        "etcd_heartbeat_ms": timing.etcd.heartbeat_ms,
        "etcd_election_ms": timing.etcd.election_ms,
        "etcd_certificate": str(pair.cert),
        "etcd_key": str(pair.key),
    }


def _initial_cluster(group: str, placement: Placement) -> str:
    members = (e for e in placement.endpoints.values() if e.kind == "etcd" and e.group == group)
    return ",".join(f"{e.member}=https://{e.at('peer')}" for e in members)


def client_hosts(group: str, placement: Placement) -> list[str]:
    """`address:port` of every member of one etcd cluster, as a client lists them."""
    return [e.at("client") for e in placement.endpoints.values() if e.kind == "etcd" and e.group == group]
