"""What a stack's outputs say of its hosts: groups, addresses, members. Pure; Ansible and contexts read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app_core.errors import UsageError
from infra.aws.outputs import HostOutput, StackOutputs
from infra.endpoint import Endpoint
from infra.topology import Topology


@dataclass(frozen=True)
class InventoryHost:
    """A host. address: its private one; zone: AWS's; members: name -> kind, group and ports of each."""

    name: str
    address: str
    fqdn: str
    instance_id: str
    region: str
    zone: str
    roles: tuple[str, ...]
    members: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Inventory:
    """Hosts by name, and groups: roles, replica sets, regions and zones -> names of hosts, sorted."""

    stack: str
    cluster_class: str
    hosts: Mapping[str, InventoryHost]
    groups: Mapping[str, tuple[str, ...]]


def inventory(told: StackOutputs) -> Inventory:
    """The inventory of a stack. UsageError when a member is on a host that the outputs do not have."""
    for name, member in told.members.items():
        if member.host not in told.hosts:
            raise UsageError("the outputs contradict themselves", on=name,
                                 why=f"it is on {member.host}, and there is no such host")  # fmt: skip
    hosts = {name: _host(told, name, host) for name, host in sorted(told.hosts.items())}
    found: dict[str, set[str]] = {}
    for host in hosts.values():
        for group in _groups(host):
            found.setdefault(group, set()).add(host.name)
    groups = {group: tuple(sorted(names)) for group, names in sorted(found.items())}
    return Inventory(told.stack, told.cluster_class, hosts, groups)


def endpoints(told: StackOutputs, topology: Topology) -> dict[str, Endpoint]:
    """Member -> where it answers, in the topology's order. UsageError when the two differ in members."""
    wanted = {node.name for node in topology.nodes()}
    if wanted != set(told.members):
        differing = ", ".join(sorted(wanted ^ set(told.members)))
        raise UsageError("the stack and its topology differ in members", on=told.stack, why=differing,
                             hint="pulumi up, then add the context again")  # fmt: skip
    return {
        node.name: Endpoint(node.name, node.kind, node.group, node.host, node.zone, node.region,
                            told.hosts[node.host].private_ip, told.members[node.name].ports)
        for node in topology.nodes()
    }  # fmt: skip


def ansible_list(found: Inventory) -> dict[str, Any]:
    """The document that Ansible asks an inventory for (`--list`), with the variables of all hosts in it."""
    variables = {name: _variables(found, host) for name, host in found.hosts.items()}
    groups = {group: {"hosts": list(names)} for group, names in found.groups.items()}
    everything = {"children": list(found.groups)}
    return {"_meta": {"hostvars": variables}, "all": everything, **groups}


def _host(told: StackOutputs, name: str, host: HostOutput) -> InventoryHost:
    members = {
        member: {"kind": item.kind, "group": item.group, "ports": dict(item.ports)}
        for member, item in sorted(told.members.items())
        if item.host == name
    }
    return InventoryHost(name, host.private_ip, host.fqdn, host.instance_id, host.region, host.zone,
                         host.roles, members)  # fmt: skip


def _groups(host: InventoryHost) -> Iterator[str]:
    """Names that Ansible takes: no dashes. A prefix keeps a set named like a role apart from it."""
    sets = {str(member["group"]) for member in host.members.values()}
    yield from _prefixed("role", host.roles)
    yield from _prefixed("set", sets)
    yield from _prefixed("region", (host.region,))
    yield from _prefixed("zone", (host.zone,))


def _prefixed(prefix: str, names: Iterable[str]) -> Iterator[str]:
    return (f"{prefix}_{name.replace('-', '_')}" for name in names)


def _variables(found: Inventory, host: InventoryHost) -> dict[str, Any]:
    return {
        "ansible_host": host.address,
        "swapskill_stack": found.stack,
        "swapskill_class": found.cluster_class,
        "swapskill_instance_id": host.instance_id,
        "swapskill_fqdn": host.fqdn,
        "swapskill_region": host.region,
        "swapskill_zone": host.zone,
        "swapskill_roles": list(host.roles),
        "swapskill_members": {name: dict(member) for name, member in host.members.items()},
    }
