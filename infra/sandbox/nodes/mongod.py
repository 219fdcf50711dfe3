"""A mongod of a sandbox."""

from __future__ import annotations

from infra.hostvars import hostvars
from infra.sandbox.box import Box
from infra.sandbox.spec import NodePlan, ProcessSpec, RenderedFile
from infra.templates import render
from infra.topology import Node


def plan(box: Box, node: Node) -> NodePlan:
    """The member's configuration and its one process."""
    variables = hostvars(box.topology, node, box, box.timing)
    config = box.dir(node.name) / "mongod.conf"
    process = ProcessSpec(
        name="mongod",
        argv=(str(box.binary("mongod")), "--config", str(config)),
        log=box.dir(node.name) / "mongod.log",
    )
    return NodePlan(
        member=node.name,
        processes=(process,),
        files=(RenderedFile(config, render("mongod", "mongod.conf.j2", variables)),),
        directories=(box.dir(node.name) / "data",),
    )
