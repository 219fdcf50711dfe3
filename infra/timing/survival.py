"""Whether a domain still has its quorums when one host or one zone is gone: a sentence, or None."""

from __future__ import annotations

from collections.abc import Iterable

from infra.topology.groups import etcd_clusters, postgres_scopes, voting_sets
from infra.topology.model import Topology
from infra.topology.nodes import Node


def payments_without(topology: Topology, case: str, places: Iterable[str]) -> str | None:
    """Why payments cannot fail over when a place (case `member`: a host, `zone`: a zone) is lost."""
    payments = topology.payments
    assert payments is not None
    nodes = postgres_scopes(topology)[payments.name]
    voters = etcd_clusters(topology)[payments.etcd_group]
    proxies = [node for node in topology.nodes() if node.kind == "proxy"]
    # where no PostgreSQL member is lost, nothing has to fail over
    for place in _touched(case, nodes, places):
        if not _left(case, nodes, place):
            return f"every PostgreSQL member is lost with {place}"
        if not _majority(case, voters, place):
            return f"{payments.etcd_group} loses its majority with {place}, and nobody can be promoted"
        if not _left(case, proxies, place):
            return f"every proxy is lost with {place}"
    return None


def social_without(topology: Topology, case: str, places: Iterable[str]) -> str | None:
    """Why the social domain cannot go on when a place (case `member`: a host, `zone`: a zone) is lost."""
    routers = [node for node in topology.nodes() if node.kind == "router"]
    wanted = set(places)
    for name, voters in voting_sets(topology).items():
        for place in _touched(case, voters, wanted):
            if not _majority(case, voters, place):
                return f"{name} loses its majority with {place}"
    for place in _touched(case, routers, wanted):
        if not _left(case, routers, place):
            return f"every router is lost with {place}"
    return None


def _place(case: str, node: Node) -> str:
    return node.host if case == "member" else node.zone


def _touched(case: str, nodes: Iterable[Node], places: Iterable[str]) -> list[str]:
    """The places, in the nodes' order, that hold one of the nodes."""
    wanted = places if isinstance(places, set) else set(places)
    return [place for place in dict.fromkeys(_place(case, node) for node in nodes) if place in wanted]


def _left(case: str, nodes: Iterable[Node], place: str) -> int:
    return sum(_place(case, node) != place for node in nodes)


def _majority(case: str, nodes: tuple[Node, ...], place: str) -> bool:
    return _left(case, nodes, place) > len(nodes) // 2
