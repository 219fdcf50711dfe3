"""The topology: one description of a deployment, from which everything else is derived."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import Literal, TypeVar

from pydantic import Field, PrivateAttr

from infra.topology.base import Name, Part
from infra.topology.hosts import Host, Region
from infra.topology.nodes import Node, nodes_of
from infra.topology.payments import Payments
from infra.topology.sla import Sla
from infra.topology.social import Social
from infra.topology.versions import Versions

P = TypeVar("P", bound=Part)


class Topology(Part):
    """A validated topology. Build it with `load_topology`: the rules run there."""

    name: Name
    class_: Literal["ephemeral", "staging", "production"] = Field(alias="class")
    versions: Versions
    regions: tuple[Region, ...] = Field(min_length=1)
    hosts: tuple[Host, ...] = Field(min_length=1)
    social: Social | None = None
    payments: Payments | None = None
    sla: Sla = Sla()
    _extensions: dict[str, Part] = PrivateAttr(default_factory=dict)
    _source: str = PrivateAttr(default="")

    @property
    def source(self) -> str:
        """The text of the file that the topology was read from; "" for one built in code."""
        return self._source

    @property
    def digest(self) -> str:
        """SHA-256 of what the file says, 64 hexadecimal digits; comments and defaults do not count."""
        said = {
            key: part.model_dump(mode="json", by_alias=True, exclude_defaults=True)
            for key, part in {"": self, **self._extensions}.items()
        }
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    def nodes(self) -> tuple[Node, ...]:
        """Every member with its place, in the order of the file's domains."""
        return self._nodes

    def node(self, name: str) -> Node:
        """The member of that name; KeyError when there is none."""
        return {node.name: node for node in self._nodes}[name]

    def host(self, name: str) -> Host:
        """The host of that name; KeyError when there is none."""
        return {host.name: host for host in self.hosts}[name]

    def zone_of(self, host: str) -> str:
        """The zone of a host; KeyError when there is no such host."""
        return self.host(host).zone

    def region_of(self, zone: str) -> str:
        """The region of a zone; KeyError when there is no such zone."""
        return {zone: region.name for region in self.regions for zone in region.zones}[zone]

    def roles(self, host: str) -> tuple[str, ...]:
        """The kinds of the members on a host, each once, in the order of `nodes()`."""
        return tuple(dict.fromkeys(node.kind for node in self._nodes if node.host == host))

    def zones(self, *, dr: bool = False) -> tuple[str, ...]:
        """The zones of the primary region(s), or of the DR region(s)."""
        return tuple(zone for region in self.regions if region.dr == dr for zone in region.zones)

    def part(self, model: type[P]) -> P | None:
        """The value of a key that another part of the product added with its own file; None when absent."""
        return next(
            (value for value in self._extensions.values() if isinstance(value, model)),
            None,
        )

    def with_part(self, part: Part) -> Topology:
        """The same topology with another value of the key whose value `part(type(part))` gives."""
        parts = {key: part if isinstance(old, type(part)) else old for key, old in self._extensions.items()}
        return self.with_origin(self._source, parts)

    def with_origin(self, source: str, extensions: dict[str, Part]) -> Topology:
        """The same topology with its file's text and the values of the keys that other parts added."""
        copy = self.model_copy()
        copy._source, copy._extensions = source, dict(extensions)
        return copy

    def equals(self, other: Topology) -> bool:
        """Whether both say the same, whatever their files' comments, layout and order of keys."""
        parts, others = (
            {key: part.model_dump() for key, part in topology._extensions.items()}
            for topology in (self, other)
        )
        return self.model_dump() == other.model_dump() and parts == others

    @cached_property
    def _nodes(self) -> tuple[Node, ...]:
        zones = {host.name: host.zone for host in self.hosts}
        regions = {zone: region.name for region in self.regions for zone in region.zones}
        return nodes_of(self.social, self.payments, zones, regions)
