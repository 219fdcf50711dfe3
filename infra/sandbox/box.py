"""A sandbox as its node modules see it: names, places, certificates, programs. No effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from infra.credentials import CertPair, Credentials
from infra.endpoint import Endpoint
from infra.sandbox import binaries
from infra.sandbox.home import SandboxPaths, home, unprivileged_user
from infra.sandbox.layout import endpoints_of, sandbox_nodes
from infra.timing import Timing, solve
from infra.topology import Node, Topology

OPTIONAL_PROGRAMS = ("mongos",)
"""Programs for which something stands in where they are not found."""


@dataclass(frozen=True)
class Box:
    """One sandbox; also the placement from which `hostvars` derives a node's variables."""

    name: str
    topology: Topology
    paths: SandboxPaths
    ports: Mapping[str, dict[str, int]]
    programs: Mapping[str, str] | None = None
    """The paths that `up` chose, by name; None: nobody wrote them down, and they are looked for each time."""

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Every node of the sandbox."""
        return sandbox_nodes(self.topology)

    @cached_property
    def _endpoints(self) -> Mapping[str, Endpoint]:
        return endpoints_of(self.nodes, dict(self.ports), self.paths)

    @property
    def endpoints(self) -> Mapping[str, Endpoint]:
        """Every member's endpoint."""
        return self._endpoints

    @cached_property
    def timing(self) -> Timing:
        """The time-outs that follow from the topology's SLA."""
        return solve(self.topology)

    @property
    def credentials(self) -> Credentials:
        """The originals, readable by the operator only."""
        return Credentials(self.paths.credentials)

    @property
    def unprivileged_user(self) -> str | None:
        """The user of processes that refuse root; None when swapctl is not root."""
        return unprivileged_user()

    @property
    def cache_dir(self) -> Path:
        """Where prepared data directories may be kept for the next sandbox."""
        return home() / "cache"

    def node(self, member: str) -> Node:
        """The node of a member."""
        return next(node for node in self.nodes if node.name == member)

    def endpoint(self, member: str) -> Endpoint:
        """The endpoint of a member."""
        return self.endpoints[member]

    def of_kind(self, kind: str, group: str | None = None) -> tuple[Endpoint, ...]:
        """All endpoints of a kind (and of one group), in topology order."""
        return tuple(
            e for e in self.endpoints.values() if e.kind == kind and (group is None or e.group == group)
        )

    def dir(self, member: str) -> Path:
        """The member's own directory."""
        return self.paths.member(member)

    def run_dir(self, member: str) -> Path:
        """The member's sockets."""
        return self.paths.run(member)

    def tls(self, member: str, name: str) -> CertPair:
        """The member's own copy of a certificate: readable by the user that it runs as."""
        return Credentials(self.dir(member) / "tls").cert(name)

    def ca_file(self, member: str) -> Path:
        """The member's own copy of the certificate authority."""
        return self.dir(member) / "tls" / "ca.crt"

    def binary(self, name: str) -> Path:
        """The path of a program; RefusedError (exit 6) with the install line when it is missing."""
        return binaries.usable(name, self.program(name), self.topology.versions.postgresql)

    def program(self, name: str) -> Path | None:
        """What `up` chose, whatever the caller's environment says now; None where it found none."""
        if self.programs is not None and (name in self.programs or name in OPTIONAL_PROGRAMS):
            chosen = self.programs.get(name)
            return Path(chosen) if chosen else None
        return binaries.find(name, self.topology.versions.postgresql)
