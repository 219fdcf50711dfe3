"""A router of a sandbox: the mongos that is found, else the stand-in."""

from __future__ import annotations

from typing import Any

from infra.hostvars import hostvars
from infra.sandbox.box import Box
from infra.sandbox.spec import NodePlan, ProcessSpec, RenderedFile
from infra.templates import render
from infra.topology import Node


def plan(box: Box, node: Node) -> NodePlan:
    """The router's configuration and its one process."""
    variables = hostvars(box.topology, node, box, box.timing)
    if box.program("mongos") is None:
        processes, files = (_stand_in(box, node, variables),), ()
    else:
        config = box.dir(node.name) / "mongos.conf"
        files = (RenderedFile(config, render("mongos", "mongos.conf.j2", variables)),)
        log = box.dir(node.name) / "mongos.log"
        processes = (ProcessSpec("mongos", (str(box.binary("mongos")), "--config", str(config)), log),)
    return NodePlan(node.name, processes, files)


def _stand_in(box: Box, node: Node, variables: dict[str, Any]) -> ProcessSpec:
    """The stand-in's process: the same facts as mongos.conf, as arguments; secrets stay in files."""
    arguments = {
        "--configdb": variables["router_configdb"],
        "--bind": variables["address"],
        "--port": variables["router_port"],
        "--keyfile": variables["router_keyfile"],
        "--tls-ca": variables["ca_file"],
        "--tls-cert": variables["router_certificate_file"],
    }
    flags = (str(word) for pair in arguments.items() for word in pair)
    argv = (str(box.binary("python")), "-m", "infra.router", *flags)
    return ProcessSpec("stand-in", argv, box.dir(node.name) / "router.log")
