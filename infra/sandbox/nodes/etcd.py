"""An etcd member of a sandbox."""

from __future__ import annotations

from infra.hostvars import hostvars
from infra.sandbox.box import Box
from infra.sandbox.spec import NodePlan, ProcessSpec, RenderedFile
from infra.templates import render
from infra.topology import Node


def plan(box: Box, node: Node) -> NodePlan:
    """The member's configuration and its one process."""
    base = box.dir(node.name)
    config = base / "etcd.yml"
    text = render("etcd", "etcd.yml.j2", hostvars(box.topology, node, box, box.timing))
    # one thread of Go is plenty for a handful of keys; several would only fight for two cores
    environment = {"GOMAXPROCS": "1"}
    process = ProcessSpec(
        "etcd", (str(box.binary("etcd")), "--config-file", str(config)), base / "etcd.log", environment
    )
    return NodePlan(
        node.name,
        (process,),
        files=(RenderedFile(config, text),),
        directories=(base / "data",),
    )
