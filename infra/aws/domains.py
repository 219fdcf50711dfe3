"""Declares the groups of both domains on hosts that are there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pulumi

from infra.aws.components.config_replica_set import ConfigReplicaSet
from infra.aws.components.dr_standby import DrStandby, DrStandbyArgs
from infra.aws.components.etcd import Etcd
from infra.aws.components.group import GroupArgs, MemberArgs
from infra.aws.components.host import Host
from infra.aws.components.mongo_shard import MongoShard
from infra.aws.components.patroni_cluster import PatroniCluster
from infra.aws.components.proxy_pair import ProxyPair, ProxyPairArgs
from infra.aws.components.routers import Routers
from infra.aws.ports import BALANCER
from infra.aws.region import Ground
from infra.aws.site import Site
from infra.topology import Topology
from infra.topology.aws import Aws
from infra.topology.base import Member
from infra.topology.payments import Payments
from infra.topology.social import Social


@dataclass(frozen=True)
class Builder:
    """zone_id: of the private DNS zone. ports: member -> its ports by name."""

    site: Site
    zone_id: pulumi.Output[str]
    hosts: Mapping[str, Host]
    ports: Mapping[str, Mapping[str, int]]

    def group(self, ground: Ground, members: Iterable[Member], hidden: Member | None = None) -> GroupArgs:
        """The arguments of a group in a region, and of its copy in the other one."""
        copies = self._placed([hidden] if hidden else [])
        return GroupArgs(self.site, self.zone_id, self._placed(members), ground.alerts, copies)

    def _placed(self, members: Iterable[Member]) -> tuple[MemberArgs, ...]:
        return tuple(
            MemberArgs(member.name, self.hosts[member.host], self.ports[member.name]) for member in members
        )


def declare_domains(builder: Builder, topology: Topology, grounds: Mapping[str, Ground]) -> dict[str, str]:
    """Declare what the topology has of both domains; answers the services' DNS names."""
    primary = next(ground for ground in grounds.values() if not ground.region.dr)
    found: dict[str, str] = {}
    if topology.social:
        found |= _social(builder, topology.social, primary)
    if topology.payments:
        found |= _payments(builder, topology.payments, primary)
        _standby(builder, topology, grounds)
    return found


def _social(builder: Builder, social: Social, ground: Ground) -> dict[str, str]:
    for shard in social.shards:
        MongoShard(shard.name, builder.group(ground, shard.voters, shard.hidden), ground.opts)
    config = builder.group(ground, social.config.members, social.config.hidden)
    ConfigReplicaSet(social.config.name, config, ground.opts)
    Routers("routers", builder.group(ground, social.routers), ground.opts)
    return {"social": f"routers.{builder.site.domain}"}  # for mongodb+srv://


def _payments(builder: Builder, payments: Payments, ground: Ground) -> dict[str, str]:
    PatroniCluster(payments.name, builder.group(ground, payments.members), ground.opts)
    Etcd(payments.etcd_group, builder.group(ground, payments.etcd), ground.opts)
    common = builder.group(ground, payments.proxies)
    proxies = ProxyPairArgs(
        site=common.site,
        zone_id=common.zone_id,
        members=common.members,
        alerts=common.alerts,
        vpc_id=ground.network.vpc.id,
        subnets=[subnet.id for subnet in ground.network.subnets.values()],
        security_group=ground.firewall.groups[BALANCER].id,
        service=payments.name,
    )
    return {"payments": ProxyPair("proxies", proxies, ground.opts).endpoint}


def _standby(builder: Builder, topology: Topology, grounds: Mapping[str, Ground]) -> None:
    payments, sizes = topology.payments, topology.part(Aws)
    if payments is None or payments.dr is None or sizes is None:
        return
    ground = next(found for found in grounds.values() if found.region.dr)
    args = DrStandbyArgs(
        scope=payments.dr.name,
        etcd_group=payments.dr_etcd_group or "",
        members=builder.group(ground, payments.dr.members),
        etcd=builder.group(ground, payments.dr.etcd),
        size=sizes.dr.size,
    )
    DrStandby(f"{payments.dr.name}-standby", args, ground.opts)
