"""A topology as an SVG picture: a box a region, a column a zone, hosts of one row side by side."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from infra.diagrams.shapes import GROUP_COLOURS, Box, document, rect, text
from infra.diagrams.words import group_words, groups, member_words, members_on
from infra.topology import Node, Topology
from infra.topology.hosts import Host, Region

MARGIN, GAP, COLUMN, TITLE = 20, 12, 250, 46
MEMBER_ROOM = 208
HOST_HEAD, MEMBER, ZONE_HEAD, REGION_HEAD, LEGEND_ROW = 26, 38, 30, 30, 24


@dataclass(frozen=True)
class _View:
    """What is drawn: the topology, each member's role now, and who is lost."""

    topology: Topology
    roles: Mapping[str, str]
    lost: Collection[str]

    def colour(self, group: str) -> str:
        return GROUP_COLOURS[groups(self.topology).index(group) % len(GROUP_COLOURS)]


def svg(topology: Topology, roles: Mapping[str, str] | None = None, lost: Collection[str] = ()) -> str:
    """The picture. roles: member -> a word to show beside it; lost: members and hosts drawn faint."""
    view = _View(topology, roles or {}, lost)
    parts, x, bottom = list(_title(topology)), MARGIN, 0
    for region in topology.regions:
        box = _region_box(topology, region, x)
        parts += _region(view, region, box)
        x, bottom = x + box.width + GAP, max(bottom, box.y + box.height)
    legend = list(_legend(view, bottom + GAP + LEGEND_ROW))
    width = max(x - GAP + MARGIN, MARGIN + 2 * COLUMN)
    height = bottom + GAP + LEGEND_ROW * (len(groups(topology)) + 1)
    return document(width, height, f"Topology {topology.name}", [*parts, *legend]) + "\n"


def _title(topology: Topology) -> Iterator[str]:
    versions = topology.versions
    engines = f"MongoDB {versions.mongodb} · PostgreSQL {versions.postgresql} · etcd {versions.etcd}"
    yield text(MARGIN, 28, topology.name, "title")
    yield text(MARGIN, 44, f"{topology.class_} · {engines}", "soft")


def _region_box(topology: Topology, region: Region, x: int) -> Box:
    width = len(region.zones) * (COLUMN + GAP) + GAP
    height = REGION_HEAD + ZONE_HEAD + sum(_row_heights(topology, region)) + 2 * GAP
    return Box(x, TITLE + GAP, width, height)


def _region(view: _View, region: Region, box: Box) -> Iterator[str]:
    yield rect(box, "region dr" if region.dr else "region", radius=10)
    label = f"{region.name} · disaster recovery" if region.dr else region.name
    yield text(box.x + GAP, box.y + 20, label, "strong")
    for index, zone in enumerate(region.zones):
        x = box.x + GAP + index * (COLUMN + GAP)
        column = Box(x, box.y + REGION_HEAD, COLUMN, box.height - REGION_HEAD - GAP)
        yield rect(column, "zone")
        yield text(x + GAP, column.y + 20, f"zone {zone}", "soft")
        yield from _hosts(view, region, zone, column)


def _hosts(view: _View, region: Region, zone: str, column: Box) -> Iterator[str]:
    y = column.y + ZONE_HEAD
    hosts = _hosts_in(view.topology, zone)
    for host, row in zip(hosts, _row_heights(view.topology, region), strict=False):
        members = members_on(view.topology, host.name)
        box = Box(column.x + GAP // 2, y, COLUMN - GAP, _host_height(len(members)))
        faint = host.name in view.lost
        yield f'<g class="{"lost" if faint else ""}">'
        yield rect(box, "host")
        yield text(box.x + 10, y + 18, host.name, "soft", room=MEMBER_ROOM)
        for index, member in enumerate(members):
            yield from _member(view, member, box, y + HOST_HEAD + index * MEMBER)
        yield "</g>"
        y += row


def _member(view: _View, member: Node, host: Box, y: int) -> Iterator[str]:
    yield f'<g class="{"lost" if member.name in view.lost else ""}">'
    yield rect(Box(host.x + 10, y, 5, MEMBER - 8), fill=view.colour(member.group), radius=2)
    yield text(host.x + 24, y + 12, member.name, "strong", room=MEMBER_ROOM)
    yield text(host.x + 24, y + 27, member_words(member), "soft", room=MEMBER_ROOM)
    if member.name in view.roles:
        yield text(host.x + host.width - 10, y + 12, view.roles[member.name], "soft", anchor="end")
    yield "</g>"


def _legend(view: _View, y: int) -> Iterator[str]:
    for index, group in enumerate(groups(view.topology)):
        row = y + index * LEGEND_ROW
        yield rect(Box(MARGIN, row - 10, 12, 12), fill=view.colour(group), radius=2)
        yield text(MARGIN + 20, row, group_words(view.topology, group))


def _hosts_in(topology: Topology, zone: str) -> tuple[Host, ...]:
    return tuple(host for host in topology.hosts if host.zone == zone)


def _row_heights(topology: Topology, region: Region) -> list[int]:
    """Height of each row of hosts: the tallest host of the row over all zones, and the gap below it."""
    columns = [_hosts_in(topology, zone) for zone in region.zones]
    rows = max((len(column) for column in columns), default=0)
    return [
        max(_host_height(len(members_on(topology, c[row].name))) for c in columns if row < len(c)) + GAP
        for row in range(rows)
    ]


def _host_height(members: int) -> int:
    return HOST_HEAD + members * MEMBER + 4
