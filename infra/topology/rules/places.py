"""A member on no host, a host in no zone, a group in the wrong region."""

from __future__ import annotations

from app_core.errors import nearest
from infra.topology.groups import dr_groups
from infra.topology.model import Topology
from infra.topology.nodes import HIDDEN, Node
from infra.topology.violation import Violation


def check(topology: Topology) -> list[Violation]:
    """Refuse unknown hosts and zones, DR members outside a DR region, and all others inside one."""
    return [*_hosts(topology), *_zones(topology), *_regions(topology)]


def _hosts(topology: Topology) -> list[Violation]:
    hosts = {host.name for host in topology.hosts}
    return [
        Violation(f"member {node.name}", f"its host {node.host} is unknown", nearest(node.host, hosts))
        for node in topology.nodes()
        if node.host not in hosts
    ]


def _zones(topology: Topology) -> list[Violation]:
    zones = [zone for region in topology.regions for zone in region.zones]
    return [
        Violation(f"host {host.name}", f"its zone {host.zone} is unknown", nearest(host.zone, zones))
        for host in topology.hosts
        if host.zone not in zones
    ]


def _regions(topology: Topology) -> list[Violation]:
    if all(region.dr for region in topology.regions):
        return [Violation("regions", "all of them are DR regions", "remove `dr: true` from one")]
    return [
        Violation(
            f"member {node.name}",
            f"{node.group if node.kind not in HIDDEN else 'a hidden member'} belongs in "
            f"{'a DR' if _belongs_in_dr(topology, node) else 'the primary'} region, "
            f"and host {node.host} is in zone {node.zone}",
            "place it on another host",
        )
        for node in topology.nodes()
        if node.zone and _belongs_in_dr(topology, node) != (node.zone in topology.zones(dr=True))
    ]


def _belongs_in_dr(topology: Topology, node: Node) -> bool:
    return node.kind in HIDDEN or node.group in dr_groups(topology)
