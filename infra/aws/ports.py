"""Ports of the members on hosts of their own, and who may connect to whom. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from infra.topology import Kind

APP, BALANCER = "app", "balancer"
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


def flows(kinds: Iterable[str], dr: bool = False) -> tuple[Flow, ...]:
    """Every connection inside one region between roles that are there; all else is refused."""
    present, known = {*kinds}, (*_ALL, *_IN_DR) if dr else _ALL
    return tuple(flow for flow in known if flow.source in present and flow.target in present)


def across(here: Iterable[str], there: Iterable[str], dr: bool) -> tuple[Flow, ...]:
    """Every connection through the peering between roles that are there; dr: whether `here` is the DR region.

    A rule names the other region's network, not a role there; AWS refuses a rule that is said twice.
    """
    ours, theirs = {*here}, {*there}
    found: dict[tuple[str, int, bool], Flow] = {}
    for flow in _ACROSS:
        outgoing = dr == flow.from_dr
        role, other = (flow.source, flow.target) if outgoing else (flow.target, flow.source)
        if role in ours and other in theirs:
            found.setdefault((role, flow.port, outgoing), flow)
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
    *_both_ways("mongod-config", "mongod-hidden-config"),
    Flow("mongod-hidden", "mongod-config", PORTS["mongod-config"]["mongo"], "the routing table"),
)
