"""A stack's graph as an SVG picture: regions, availability zones, hosts with their machines and disks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from infra.aws.local import types
from infra.aws.local.graph import Graph, Resource
from infra.diagrams.shapes import GROUP_COLOURS, Box, document, rect, text
from infra.diagrams.words import group_words, groups, member_words, members_on
from infra.topology import Topology

MARGIN, GAP, COLUMN, TITLE, ROOM = 20, 12, 250, 46, 208
HEAD, ZONE_HEAD, HOST_HEAD, MEMBER, ROW = 30, 46, 44, 34, 18
COUNTED = (
    (types.BALANCER, "internal load balancer"),
    (types.NAT_GATEWAY, "NAT gateway"),
    (types.ENDPOINT, "VPC endpoint"),
    (types.BUCKET, "bucket"),
    (types.KEY, "customer key"),
    (types.SECRET, "secret"),
    (types.VAULT, "backup vault"),
    (types.ALARM, "alarm"),
)


@dataclass(frozen=True)
class _View:
    graph: Graph
    topology: Topology

    def hosts(self, region: str, zone: str) -> list[Resource]:
        """The instances of an availability zone, by name."""
        found = [host for host in self.graph.of(types.INSTANCE) if host.region == region]
        return sorted((host for host in found if self.zone(host) == zone), key=lambda host: host.name)

    def zone(self, host: Resource) -> str:
        """The availability zone of an instance, by its subnet."""
        subnets = self.graph.used(host, "subnetId")
        return str(subnets[0].inputs.get("availabilityZone", "?")) if subnets else "?"

    def zones(self, region: str) -> list[str]:
        """The zones of a region that have a subnet."""
        subnets = [subnet for subnet in self.graph.of(types.SUBNET) if subnet.region == region]
        return sorted({str(subnet.inputs.get("availabilityZone", "?")) for subnet in subnets})

    def counts(self, region: str) -> list[str]:
        """What a region has besides hosts."""
        found = [(sum(r.region == region for r in self.graph.of(kind)), word) for kind, word in COUNTED]
        return [f"{count} {word}{'s' if count > 1 else ''}" for count, word in found if count]


def cloud_svg(graph: Graph, topology: Topology) -> str:
    """The picture; the same graph gives the same text."""
    view = _View(graph, topology)
    parts, x, bottom = list(_title(view)), MARGIN, 0
    for region in topology.regions:
        box = _region_box(view, region.name, x)
        parts += _region(view, region.name, region.dr, box)
        x, bottom = x + box.width + GAP, max(bottom, box.y + box.height)
    legend = list(_legend(view, bottom + GAP + 24))
    height = bottom + GAP + 24 * (len(groups(topology)) + 2)
    return document(x - GAP + MARGIN, height, f"Stack {graph.stack}", [*parts, *legend]) + "\n"


def _title(view: _View) -> Iterator[str]:
    graph = view.graph
    words = f"{len(graph.cloud)} resources, {len(graph.of(types.INSTANCE))} hosts"
    yield text(MARGIN, 28, f"stack {graph.stack}", "title")
    yield text(MARGIN, 44, f"topology {view.topology.name} · class {view.topology.class_} · {words}", "soft")


def _region_box(view: _View, region: str, x: int) -> Box:
    width = max(len(view.zones(region)), 1) * (COLUMN + GAP) + GAP
    hosts = max((_column_height(view, region, zone) for zone in view.zones(region)), default=0)
    rows = -(-len(view.counts(region)) // 3) * ROW
    return Box(x, TITLE + GAP, width, HEAD + ZONE_HEAD + hosts + rows + 3 * GAP)


def _column_height(view: _View, region: str, zone: str) -> int:
    return sum(_host_height(view, host) + GAP for host in view.hosts(region, zone))


def _host_height(view: _View, host: Resource) -> int:
    return HOST_HEAD + len(members_on(view.topology, host.name)) * MEMBER + 4


def _region(view: _View, region: str, dr: bool, box: Box) -> Iterator[str]:
    yield rect(box, "region dr" if dr else "region", radius=10)
    yield text(box.x + GAP, box.y + 20, f"{region} · disaster recovery" if dr else region, "strong")
    zones = view.zones(region)
    rows = -(-len(view.counts(region)) // 3) * ROW
    for index, zone in enumerate(zones):
        x = box.x + GAP + index * (COLUMN + GAP)
        column = Box(x, box.y + HEAD, COLUMN, box.height - HEAD - rows - 2 * GAP)
        yield from _zone(view, region, zone, column)
    yield from _counts(view.counts(region), box, box.y + box.height - rows)


def _zone(view: _View, region: str, zone: str, column: Box) -> Iterator[str]:
    yield rect(column, "zone")
    yield text(column.x + GAP, column.y + 20, f"zone {zone}", "soft")
    yield text(column.x + GAP, column.y + 36, _networks(view, region, zone), "soft")
    y = column.y + ZONE_HEAD
    for host in view.hosts(region, zone):
        height = _host_height(view, host)
        yield from _host(view, host, Box(column.x + GAP // 2, y, COLUMN - GAP, height))
        y += height + GAP


def _networks(view: _View, region: str, zone: str) -> str:
    hosts = {used.urn for host in view.hosts(region, zone) for used in view.graph.used(host, "subnetId")}
    found = [s for s in view.graph.of(types.SUBNET) if s.inputs.get("availabilityZone") == zone]
    private = [str(s.inputs["cidrBlock"]) for s in found if s.urn in hosts]
    return f"private {', '.join(private)}" if private else "no host"


def _host(view: _View, host: Resource, box: Box) -> Iterator[str]:
    yield rect(box, "host")
    yield text(box.x + 10, box.y + 17, host.name, "strong", room=ROOM)
    yield text(box.x + 10, box.y + 33, _machine(view, host), "soft")
    for index, member in enumerate(members_on(view.topology, host.name)):
        y = box.y + HOST_HEAD + index * MEMBER
        colour = GROUP_COLOURS[groups(view.topology).index(member.group) % len(GROUP_COLOURS)]
        yield rect(Box(box.x + 10, y, 5, MEMBER - 8), fill=colour, radius=2)
        yield text(box.x + 24, y + 11, member.name, room=ROOM)
        yield text(box.x + 24, y + 25, member_words(member), "soft", room=ROOM)


def _machine(view: _View, host: Resource) -> str:
    attached = [a for a in view.graph.of(types.ATTACHMENT) if host in view.graph.used(a, "instanceId")]
    disks = [disk for item in attached for disk in view.graph.used(item, "volumeId")]
    size = sum(int(disk.inputs.get("size", 0)) for disk in disks)
    return f"{host.inputs.get('instanceType')}{f' · data {size} GiB gp3' if size else ''}"


def _counts(words: Sequence[str], box: Box, y: int) -> Iterator[str]:
    """Three to a row, under the zones."""
    for index, word in enumerate(words):
        across, down = index % 3, index // 3
        yield text(box.x + GAP + across * (box.width // 3), y + down * ROW, word, "soft")


def _legend(view: _View, y: int) -> Iterator[str]:
    for index, group in enumerate(groups(view.topology)):
        row = y + index * 24
        colour = GROUP_COLOURS[index % len(GROUP_COLOURS)]
        yield rect(Box(MARGIN, row - 10, 12, 12), fill=colour, radius=2)
        yield text(MARGIN + 20, row, group_words(view.topology, group))
