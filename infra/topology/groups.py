"""Facts about groups of members that the rules and the solver share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from infra.topology.model import Topology
from infra.topology.nodes import Node


def voting_sets(topology: Topology) -> dict[str, tuple[Node, ...]]:
    """Replica set -> its voters (arbiters too); without etcd, which has rules of its own."""
    kinds = ("mongod-shard", "mongod-arbiter", "mongod-config")
    return _grouped(node for node in topology.nodes() if node.kind in kinds)


def etcd_clusters(topology: Topology) -> dict[str, tuple[Node, ...]]:
    """etcd cluster -> its members."""
    return _grouped(node for node in topology.nodes() if node.kind == "etcd")


def postgres_scopes(topology: Topology) -> dict[str, tuple[Node, ...]]:
    """Patroni scope -> its members; the DR region's scope is one of them."""
    return _grouped(node for node in topology.nodes() if node.kind == "postgres")


def most_crowded_zone(nodes: Iterable[Node]) -> tuple[str, int]:
    """The zone with the most members and how many; ("", 0) for no members."""
    return next(iter(Counter(node.zone for node in nodes).most_common(1)), ("", 0))


def dr_groups(topology: Topology) -> frozenset[str]:
    """The groups that belong in the DR region: the standby cluster and its etcd."""
    payments = topology.payments
    if payments is None or payments.dr is None:
        return frozenset()
    return frozenset({payments.dr.name, payments.dr_etcd_group or ""})


def dr_twins(topology: Topology) -> frozenset[str]:
    """Names of PostgreSQL members that both regions use."""
    payments = topology.payments
    if payments is None or payments.dr is None:
        return frozenset()
    ours = {member.name for member in payments.members}
    return frozenset(member.name for member in payments.dr.members if member.name in ours)


def _grouped(nodes: Iterable[Node]) -> dict[str, tuple[Node, ...]]:
    groups: dict[str, list[Node]] = {}
    for node in nodes:
        groups.setdefault(node.group, []).append(node)
    return {name: tuple(found) for name, found in groups.items()}
