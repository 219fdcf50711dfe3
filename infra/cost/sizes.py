"""A graph with the DR region in another size, without running the program again; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from infra.aws.local import types
from infra.aws.local.graph import Graph, Resource
from infra.aws.sizing import host_size
from infra.topology import Topology
from infra.topology.aws import Aws


def with_dr_size(graph: Graph, topology: Topology, size: Literal["minimal", "full"]) -> Graph:
    """The graph as the topology would declare it with `aws.dr.size`: machines and data volumes differ."""
    sizes = topology.part(Aws)
    if sizes is None or sizes.dr.size == size:
        return graph
    changed = sizes.model_copy(update={"dr": sizes.dr.model_copy(update={"size": size})})
    wanted = topology.with_part(changed)
    dr = {region.name for region in topology.regions if region.dr}
    hosts = {host.name for host in topology.hosts if topology.region_of(host.zone) in dr}
    return replace(graph, resources=tuple(_resized(graph, wanted, hosts)))


def _resized(graph: Graph, topology: Topology, hosts: set[str]) -> Iterator[Resource]:
    """Each resource; instead of the volumes of these hosts, those of their new sizes."""
    for resource in graph.resources:
        name = str(resource.tags.get("Host", ""))
        if name not in hosts or resource.type not in (types.INSTANCE, types.VOLUME):
            yield resource
        elif resource.type == types.INSTANCE:
            yield from _machine(resource, topology, name)


def _machine(resource: Resource, topology: Topology, host: str) -> Iterator[Resource]:
    size = host_size(topology, host)
    yield replace(resource, inputs={**resource.inputs, "instanceType": size.instance})
    if size.disk:
        inputs = {"size": size.disk, "iops": size.iops, "throughput": size.throughput}
        urn = resource.urn.replace(types.INSTANCE, types.VOLUME)
        yield replace(resource, urn=urn, type=types.VOLUME, inputs=inputs)
