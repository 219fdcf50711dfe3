"""Variables of a router (mongos)."""

from __future__ import annotations

from typing import Any

from infra.hostvars import Placement
from infra.hostvars.mongod import COMPRESSORS
from infra.timing import Timing
from infra.topology import Node, Topology


def variables(topology: Topology, timing: Timing, node: Node, placement: Placement) -> dict[str, Any]:
    """What `mongos.conf.j2` needs for one router; the stand-in takes the same facts as arguments."""
    return {
        "router_port": placement.endpoints[node.name].ports["mongo"],
        "router_log": str(placement.dir(node.name) / "mongos.log"),
        "router_keyfile": str(placement.credentials.keyfile),
        "router_certificate_file": str(placement.tls(node.name, node.name).pem),
        "router_compressors": COMPRESSORS,
        "router_configdb": config_servers(topology, placement),
        "router_parameters": {},
    }


def config_servers(topology: Topology, placement: Placement) -> str:
    """`config/host:port,…`: the config servers as a router is told of them."""
    assert topology.social is not None, "a router belongs to the social domain"
    config = topology.social.config
    members = ",".join(placement.endpoints[member.name].at("mongo") for member in config.members)
    return f"{config.name}/{members}"
