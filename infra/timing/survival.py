"""Whether a domain still has its quorums when one host or one zone is gone: a sentence, or None."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from infra.topology.groups import etcd_clusters, voting_sets
from infra.topology.model import Topology
from infra.topology.nodes import Node

Gone = Callable[[Node], bool]


def payments_without(topology: Topology, case: str, places: Iterable[str]) -> str | None:
    """Why payments cannot fail over when a place (case `member`: a host, `zone`: a zone) is lost."""
    payments = topology.payments
    assert payments is not None
    nodes = [node for node in topology.nodes() if node.group == payments.name]
    proxies = tuple(node for node in topology.nodes() if node.kind == "proxy")
    for place in places:
        gone = _gone(case, place)
        if not any(gone(node) for node in nodes):
            continue  # no PostgreSQL member is lost there: nothing has to fail over
        if all(gone(node) for node in nodes):
            return f"every PostgreSQL member is lost with {place}"
        if _no_majority(etcd_clusters(topology)[payments.etcd_group], gone):
            return f"{payments.etcd_group} loses its majority with {place}, and nobody can be promoted"
        if all(gone(node) for node in proxies):
            return f"every proxy is lost with {place}"
    return None


def social_without(topology: Topology, case: str, places: Iterable[str]) -> str | None:
    """Why the social domain cannot go on when a place (case `member`: a host, `zone`: a zone) is lost."""
    routers = tuple(node for node in topology.nodes() if node.kind == "router")
    for place in places:
        gone = _gone(case, place)
        for name, voters in voting_sets(topology).items():
            if any(gone(node) for node in voters) and _no_majority(voters, gone):
                return f"{name} loses its majority with {place}"
        if all(gone(node) for node in routers):
            return f"every router is lost with {place}"
    return None


def _gone(case: str, place: str) -> Gone:
    return (lambda node: node.host == place) if case == "member" else (lambda node: node.zone == place)


def _no_majority(nodes: Iterable[Node], gone: Gone) -> bool:
    states = [gone(node) for node in nodes]
    return states.count(False) <= len(states) // 2
