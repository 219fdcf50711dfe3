"""Shipped topologies with made-up endpoints."""

from cluster_cli.bootstrap.set_plan import set_specs
from infra.endpoint import Endpoint
from infra.timing import solve
from infra.topology import load_topology


def specs(name="sandbox", change=None):
    topology = load_topology(name)
    if change is not None:
        topology = change(topology)
        topology.__dict__.pop("_nodes", None)  # a copy keeps what was derived from the original
    places = {
        n.name: Endpoint(n.name, n.kind, n.group, n.host, n.zone, n.region, "10.0.0.1", {"mongo": 27000 + i})
        for i, n in enumerate(topology.nodes())
    }
    return set_specs(topology, solve(topology).mongodb, places)


def spec(name, **more):
    return next(s for s in specs(**more) if s.name == name)
