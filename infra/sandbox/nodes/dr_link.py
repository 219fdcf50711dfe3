"""The relay to the DR region: HAProxy in TCP mode. Killing or freezing it cuts the replication path."""

from __future__ import annotations

from infra.hostvars import hostvars
from infra.sandbox.box import Box
from infra.sandbox.spec import NodePlan, ProcessSpec, RenderedFile
from infra.templates import render
from infra.topology import Node


def plan(box: Box, node: Node) -> NodePlan:
    """The relay's configuration and its one process."""
    base, endpoint = box.dir(node.name), box.endpoint(node.name)
    config = base / "dr-link.cfg"
    text = render("haproxy", "dr-link.cfg.j2", hostvars(box.topology, node, box, box.timing))
    process = ProcessSpec(
        "haproxy",
        (str(box.binary("haproxy")), "-db", "-f", str(config)),
        base / "haproxy.log",
        unprivileged=True,
        stale_files=(endpoint.sockets["haproxy"],),
    )
    return NodePlan(
        node.name,
        (process,),
        files=(RenderedFile(config, text),),
        unprivileged=True,
    )
