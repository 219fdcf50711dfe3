"""Ports of the members on hosts of their own, and who may connect to whom. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from infra.topology import Kind, Topology

APP, BALANCER = "app", "balancer"
# Between the ports of members that share a host. The last digit stays: it tells the kinds of mongod apart.
STEP = 10
PORTS: dict[Kind, dict[str, int]] = {
    "mongod-shard": {"mongo": 27018},
    "mongod-arbiter": {"mongo": 27020},
    "mongod-config": {"mongo": 27019},
    "mongod-hidden": {"mongo": 27018},
    "mongod-hidden-config": {"mongo": 27019},
    "router": {"mongo": 27017},
    "postgres": {"postgres": 5432, "rest": 8008},
    "etcd": {"client": 2379, "peer": 2380},
    "proxy": {"rw": 5000, "ro": 5001, "sync": 5002, "pgbouncer": 6432},
}
BALANCED = ("rw", "ro", "pgbouncer")  # what the load balancer offers of the proxies
Crowd = Mapping[str, int]  # role -> the most members of it on one host; 1 for `app` and `balancer`


@dataclass(frozen=True)
class Flow:
    """Members of `source` (a kind, `app` or `balancer`) connect to `port` of members of `target`.

    why: the rule's description: EC2 refuses an apostrophe in it. from_dr: for a connection between regions,
    whether it begins in the DR region.
    """

    source: str
    target: str
    port: int
    why: str
    from_dr: bool = True


def member_ports(topology: Topology) -> dict[str, dict[str, int]]:
    """Member -> its ports by name: those of its kind, and `STEP` higher for each such member before it there.

    Before it: on the same host and earlier in the topology file.
    """
    return {
        name: {port: number + STEP * place for port, number in PORTS[kind].items()}
        for name, kind, place in _places(topology)
    }


def crowd(topology: Topology, region: str) -> dict[str, int]:
    """The kinds of members in a region, sorted, each with how many of its ports are in use on a host."""
    kinds = {node.name: node.kind for node in topology.nodes() if node.region == region}
    found = dict.fromkeys(sorted({*kinds.values()}), 1)
    for name, kind, place in _places(topology):
        if name in kinds:
            found[kind] = max(found[kind], place + 1)
    return {str(kind): count for kind, count in found.items()}


def _places(topology: Topology) -> Iterator[tuple[str, Kind, int]]:
    """Each member and the number of members before it that would have its ports."""
    before: dict[tuple[str, int], int] = {}
    for node in topology.nodes():
        key = (node.host, min(PORTS[node.kind].values()))
        before[key] = before.get(key, -1) + 1
        yield node.name, node.kind, before[key]


def flows(here: Crowd, dr: bool = False) -> tuple[Flow, ...]:
    """Every connection inside one region between roles that are there; all else is refused."""
    known = (*_ALL, *_IN_DR) if dr else _ALL
    present = (flow for flow in known if flow.source in here and flow.target in here)
    return tuple(each for flow in present for each in _to_each(flow, here))


def _to_each(flow: Flow, there: Crowd) -> Iterator[Flow]:
    """The connection to each port that members of the target have on their hosts."""
    return (replace(flow, port=flow.port + STEP * place) for place in range(there[flow.target]))


def across(here: Crowd, there: Crowd, dr: bool) -> tuple[Flow, ...]:
    """Every connection through the peering between roles that are there; dr: whether `here` is the DR region.

    A rule names the other region's network, not a role there; AWS refuses a rule that is said twice.
    """
    found: dict[tuple[str, int, bool], Flow] = {}
    for flow in _ACROSS:
        outgoing = dr == flow.from_dr
        role, other = (flow.source, flow.target) if outgoing else (flow.target, flow.source)
        if role in here and other in there:
            for each in _to_each(flow, there if outgoing else here):
                found.setdefault((role, each.port, outgoing), each)
    return tuple(found.values())


def _flows(target: Kind, port: str, why: str, *sources: str) -> list[Flow]:
    return [Flow(source, target, PORTS[target][port], why) for source in sources]


_MONGODS = ("mongod-shard", "mongod-arbiter", "mongod-config")
_ALL = (
    *_flows("mongod-shard", "mongo", "queries and replication", "router", *_MONGODS),
    *_flows("mongod-arbiter", "mongo", "votes", "mongod-shard", "mongod-arbiter"),
    *_flows("mongod-config", "mongo", "the routing table", "router", *_MONGODS),
    *_flows("router", "mongo", "clients", APP),
    *_flows("postgres", "postgres", "clients and replication", "proxy", "postgres"),
    *_flows("postgres", "rest", "health checks and Patroni", "proxy", "postgres"),
    *_flows("etcd", "client", "leases", "postgres", "etcd"),
    *_flows("etcd", "peer", "consensus", "etcd"),
    *(flow for port in BALANCED for flow in _flows("proxy", port, "clients", BALANCER)),
    *(Flow(APP, BALANCER, PORTS["proxy"][port], "clients") for port in BALANCED),
)
# The DR region has no proxies: after a promotion the application connects to PostgreSQL itself.
_IN_DR = (Flow(APP, "postgres", PORTS["postgres"]["postgres"], "clients after a promotion"),)


def _both_ways(here: Kind, there: Kind) -> list[Flow]:
    """Members of one replica set in two regions: each connects to the other."""
    inward = Flow(there, here, PORTS[here]["mongo"], "replication from the DR region")
    outward = Flow(here, there, PORTS[there]["mongo"], "heartbeats to the DR region", from_dr=False)
    return [inward, outward]


_ACROSS = (
    Flow("postgres", "proxy", PORTS["proxy"]["rw"], "the stream of the standby cluster"),
    Flow(APP, "postgres", PORTS["postgres"]["postgres"], "clients after a promotion", from_dr=False),
    *_both_ways("mongod-shard", "mongod-hidden"),
    *_both_ways("mongod-arbiter", "mongod-hidden"),
    *_both_ways("mongod-config", "mongod-hidden-config"),
    Flow("mongod-hidden", "mongod-config", PORTS["mongod-config"]["mongo"], "the routing table"),
)
