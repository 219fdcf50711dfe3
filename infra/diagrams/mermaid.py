"""A topology as a Mermaid flowchart."""

from __future__ import annotations

from collections.abc import Iterator

from infra.diagrams.words import KIND_WORDS, members_on
from infra.topology import Node, Topology
from infra.topology.hosts import Region

SHAPES = {"postgres": ("[(", ")]"), "mongod-shard": ("[(", ")]"), "mongod-config": ("[(", ")]")}


def mermaid(topology: Topology) -> str:
    """The text of a flowchart; the same topology gives the same text."""
    lines = ["flowchart TB"]
    for region in topology.regions:
        lines += _region(topology, region)
    return "\n".join([*lines, *_links(topology)]) + "\n"


def _region(topology: Topology, region: Region) -> Iterator[str]:
    dr = ", DR" if region.dr else ""
    yield f'  subgraph {_id("region", region.name)}["{region.name}{dr}"]'
    for zone in region.zones:
        yield f'    subgraph {_id("zone", zone)}["zone {zone}"]'
        for host in topology.hosts:
            if host.zone == zone:
                yield f'      subgraph {_id("host", host.name)}["{host.name}"]'
                yield from (f"        {_member(node)}" for node in members_on(topology, host.name))
                yield "      end"
        yield "    end"
    yield "  end"


def _member(node: Node) -> str:
    opening, closing = SHAPES.get(node.kind, ("[", "]"))
    words = "" if node.kind == "mongod-config" else f"{node.group}<br/>"
    return f'{_id("member", node.name)}{opening}"{node.name}<br/>{words}{KIND_WORDS[node.kind]}"{closing}'


def _links(topology: Topology) -> Iterator[str]:
    """Who talks to whom, one line a relation: doors to data, and the WAL to the standby cluster."""
    if topology.social:
        routers = " & ".join(_id("member", router.name) for router in topology.social.routers)
        for shard in topology.social.shards:
            yield f"  {routers} --> {' & '.join(_id('member', m.name) for m in shard.members)}"
    if topology.payments:
        payments = topology.payments
        members = " & ".join(_id("member", m.name) for m in payments.members)
        yield f"  {' & '.join(_id('member', p.name) for p in payments.proxies)} --> {members}"
        if payments.dr:
            first = _id("member", payments.dr.members[0].name)
            yield f"  {_id('member', payments.members[0].name)} -. WAL .-> {first}"


def _id(kind: str, name: str) -> str:
    """An identifier that is no word of Mermaid's own (`end`, `default`)."""
    return f"{kind}_{name.replace('-', '_')}"
