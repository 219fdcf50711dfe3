"""How large each host is: from the sizes of the roles that it carries. Pure."""

from __future__ import annotations

from infra.topology import Topology
from infra.topology.aws import Aws, Size

_ORDER = ("nano", "micro", "small", "medium", "large", "xlarge")


def host_size(topology: Topology, host: str) -> Size:
    """The size of a host: its own, or the biggest machine of its members and the sum of their disks."""
    sizes = topology.part(Aws)
    assert sizes is not None, "check_places refuses a topology without sizes"
    if host in sizes.hosts:
        return sizes.hosts[host]
    wanted = [
        _member_size(topology, sizes, node.kind, node.region)
        for node in topology.nodes()
        if node.host == host
    ]
    if not wanted:
        return Size(instance="t4g.nano")
    biggest = max(wanted, key=lambda size: rank(size.instance))
    disks = [size for size in wanted if size.disk] or wanted  # without a disk, what is said of it counts not
    return Size(
        instance=biggest.instance,
        disk=sum(size.disk for size in wanted),
        iops=max(size.iops for size in disks),
        throughput=max(size.throughput for size in disks),
    )


def rank(instance: str) -> int:
    """How big an instance type is within its family: micro < large < xlarge < 2xlarge < 16xlarge."""
    size = instance.rpartition(".")[2]
    if size in _ORDER:
        return _ORDER.index(size)
    times = size.removesuffix("xlarge")
    return len(_ORDER) + (int(times) if times.isdigit() else 1000)


def _member_size(topology: Topology, sizes: Aws, kind: str, region: str) -> Size:
    dr = {item.name for item in topology.regions if item.dr}
    if kind == "postgres" and region in dr and sizes.dr.size == "minimal":
        return sizes.dr.minimal
    return {str(name): size for name, size in sizes.sizes.items()}[kind]
