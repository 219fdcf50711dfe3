"""The topology: regions, zones, hosts, members and promises, described once."""

from infra.topology.load import list_topologies, load_topology, parse_topology
from infra.topology.model import Topology
from infra.topology.nodes import Kind, Node
from infra.topology.violation import Violation

__all__ = [
    "Kind",
    "Node",
    "Topology",
    "Violation",
    "list_topologies",
    "load_topology",
    "parse_topology",
]
