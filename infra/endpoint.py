"""Where a member of a cluster answers: address, ports, sockets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Endpoint:
    """One member's place: its host and zone from the topology, its address from the platform."""

    member: str
    kind: str
    group: str
    host: str
    zone: str
    region: str
    address: str
    ports: Mapping[str, int]
    sockets: Mapping[str, Path] = field(default_factory=dict[str, Path])

    def at(self, port: str) -> str:
        """`address:port` of one named port."""
        return f"{self.address}:{self.ports[port]}"
