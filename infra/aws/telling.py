"""Puts a stack's outputs together in the shape of their contract (infra/aws/outputs.py)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.aws.components.host import Host
from infra.aws.components.secret_store import SecretStore
from infra.aws.components.storage import Storage
from infra.aws.outputs import VERSION, Outputs
from infra.aws.ports import APP, member_ports
from infra.aws.region import Ground
from infra.aws.settings import Settings
from infra.topology import Node, Topology
from infra.topology.aws import Aws


def outputs(
    settings: Settings,
    topology: Topology,
    grounds: Mapping[str, Ground],
    hosts: Mapping[str, Host],
    endpoints: Mapping[str, str],
    secrets: SecretStore,
    storage: Storage,
) -> Outputs:
    """The contract's keys with their values."""
    sizes, ports = topology.part(Aws), member_ports(topology)
    standby = topology.payments is not None and topology.payments.dr is not None
    return Outputs({
        "version": VERSION,
        "stack": settings.stack,
        "topology": topology.name,
        "topology_digest": topology.digest,
        "cluster_class": topology.class_,
        "account": settings.account,
        "domain": settings.domain,
        "regions": {name: _region(ground) for name, ground in grounds.items()},
        "hosts": {name: _host(topology, host) for name, host in hosts.items()},
        "members": {node.name: _member(node, settings, ports[node.name]) for node in topology.nodes()},
        "endpoints": dict(endpoints),
        "buckets": _buckets(storage, grounds),
        "secrets": dict(secrets.arns),
        "keys": {name: dict(ground.keys.arns) for name, ground in grounds.items()},
        "dr_size": sizes.dr.size if sizes and standby else None,
        "expires_at": settings.expires_at or None,
    })  # fmt: skip


def _region(ground: Ground) -> dict[str, Any]:
    return {
        "dr": ground.region.dr,
        "vpc_id": ground.network.vpc.id,
        "cidr": ground.network.cidr,
        "subnets": {zone: subnet.id for zone, subnet in ground.network.subnets.items()},
        "security_groups": {role: group.id for role, group in ground.firewall.groups.items()},
    }


def _host(topology: Topology, host: Host) -> dict[str, Any]:
    return {
        "instance_id": host.instance.id,
        "private_ip": host.private_ip,
        "fqdn": host.fqdn,
        "region": host.region,
        "zone": host.zone,
        "instance_type": host.instance_type,
        "roles": list(topology.roles(host.name)) or [APP],
    }


def _member(node: Node, settings: Settings, ports: Mapping[str, int]) -> dict[str, Any]:
    return {
        "kind": node.kind,
        "group": node.group,
        "host": node.host,
        "fqdn": f"{node.name}.{settings.domain}",
        "ports": dict(ports),
    }


def _buckets(storage: Storage, grounds: Mapping[str, Ground]) -> dict[str, Any]:
    region = next(name for name, ground in grounds.items() if not ground.region.dr)
    copies = {purpose: item.bucket.id for purpose, item in storage.copies.items()}
    return {
        purpose: {"name": item.bucket.id, "region": region, "copy_name": copies.get(purpose)}
        for purpose, item in storage.buckets.items()
    }
