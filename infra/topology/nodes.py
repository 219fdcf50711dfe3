"""Every process of a topology as a flat list: what a platform starts, and where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from infra.topology.base import Member
from infra.topology.payments import Payments
from infra.topology.social import Social

Kind = Literal[
    "mongod-shard",
    "mongod-config",
    "mongod-arbiter",
    "mongod-hidden",
    "mongod-hidden-config",
    "router",
    "postgres",
    "etcd",
    "proxy",
    "objectstore",
    "dr-link",
]
HIDDEN: tuple[Kind, ...] = ("mongod-hidden", "mongod-hidden-config")
Placed = tuple[Kind, str, Member]


@dataclass(frozen=True)
class Node:
    """One member with its place. group: replica set, Patroni scope, etcd cluster, `routers`, `proxies`."""

    name: str
    kind: Kind
    group: str
    host: str
    zone: str
    region: str


def nodes_of(
    social: Social | None,
    payments: Payments | None,
    zones: Mapping[str, str],
    regions: Mapping[str, str],
) -> tuple[Node, ...]:
    """All nodes, social first; zones: host -> zone, regions: zone -> region. A missing place is ""."""
    placed = [
        *(_social(social) if social else ()),
        *(_payments(payments) if payments else ()),
    ]
    return tuple(
        Node(
            m.name,
            kind,
            group,
            m.host,
            zone := zones.get(m.host, ""),
            regions.get(zone, ""),
        )
        for kind, group, m in placed
    )


def _social(social: Social) -> Iterator[Placed]:
    for shard in social.shards:
        for member in shard.members:
            yield "mongod-shard", shard.name, member
        if shard.arbiter:
            yield "mongod-arbiter", shard.name, shard.arbiter
        if shard.hidden:
            yield "mongod-hidden", shard.name, shard.hidden
    for member in social.config.members:
        yield "mongod-config", social.config.name, member
    if social.config.hidden:
        yield "mongod-hidden-config", social.config.name, social.config.hidden
    for member in social.routers:
        yield "router", "routers", member


def _payments(payments: Payments) -> Iterator[Placed]:
    for member in payments.etcd:
        yield "etcd", payments.etcd_group, member
    for member in payments.members:
        yield "postgres", payments.name, member
    for member in payments.proxies:
        yield "proxy", "proxies", member
    if payments.dr:
        for member in payments.dr.etcd:
            yield "etcd", payments.dr_etcd_group or "", member
        for member in payments.dr.members:
            yield "postgres", payments.dr.name, member
