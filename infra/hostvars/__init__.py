"""`hostvars(topology, node, placement)`: the variables from which a host's configuration is rendered.

One function for Ansible's inventory and for the sandbox, so that both render the same templates alike.
Each kind of node has a module of its own here: `infra/hostvars/<kind>.py` with `variables(...)`.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from infra.credentials import CertPair, Credentials
from infra.endpoint import Endpoint
from infra.timing import Timing, solve
from infra.topology import Node, Topology


class Placement(Protocol):
    """What a platform knows of where things are: addresses, directories, certificates, binaries."""

    @property
    def endpoints(self) -> Mapping[str, Endpoint]:
        """Every member's endpoint."""
        ...

    @property
    def credentials(self) -> Credentials:
        """Secrets and certificates of the cluster."""
        ...

    def dir(self, member: str) -> Path:
        """The member's own directory."""
        ...

    def run_dir(self, member: str) -> Path:
        """The member's directory for sockets (a short path)."""
        ...

    def tls(self, member: str, name: str) -> CertPair:
        """A certificate as the member reads it."""
        ...

    def ca_file(self, member: str) -> Path:
        """The certificate authority as the member reads it."""
        ...

    def binary(self, name: str) -> Path:
        """The path of a program."""
        ...


_MODULES = {
    "mongod-shard": "mongod",
    "mongod-config": "mongod",
    "mongod-arbiter": "mongod",
    "mongod-hidden": "mongod",
    "mongod-hidden-config": "mongod",
    "router": "router",
    "postgres": "postgres",
    "etcd": "etcd",
    "proxy": "proxy",
    "objectstore": "objectstore",
    "dr-link": "dr_link",
}


def module_of(kind: str) -> str:
    """The module name (in `infra.hostvars` and `infra.sandbox.nodes`) that serves a kind of node."""
    return _MODULES[kind]


def hostvars(
    topology: Topology, node: Node, placement: Placement, timing: Timing | None = None
) -> dict[str, Any]:
    """The variables of one node: common ones and those of its kind."""
    module = importlib.import_module(f"infra.hostvars.{module_of(node.kind)}")
    common = {
        "cluster_name": topology.name,
        "member": node.name,
        "group": node.group,
        "zone": node.zone,
        "region": node.region,
        "address": placement.endpoints[node.name].address,
        "member_dir": str(placement.dir(node.name)),
        "ca_file": str(placement.ca_file(node.name)),
    }
    return {
        **common,
        **module.variables(topology, timing or solve(topology), node, placement),
    }
