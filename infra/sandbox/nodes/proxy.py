"""A proxy host of a sandbox: HAProxy and pgbouncer."""

from __future__ import annotations

from infra.hostvars import hostvars
from infra.sandbox.box import Box
from infra.sandbox.spec import NodePlan, ProcessSpec, RenderedFile
from infra.templates import render
from infra.topology import Node


def plan(box: Box, node: Node) -> NodePlan:
    """The host's configuration and its two processes."""
    variables = hostvars(box.topology, node, box, box.timing)
    base, endpoint = box.dir(node.name), box.endpoint(node.name)
    haproxy, pgbouncer = base / "haproxy.cfg", base / "pgbouncer.ini"
    files = (
        RenderedFile(haproxy, render("haproxy", "haproxy.cfg.j2", variables)),
        RenderedFile(pgbouncer, render("pgbouncer", "pgbouncer.ini.j2", variables)),
        RenderedFile(base / "userlist.txt", render("pgbouncer", "userlist.txt.j2", variables)),
    )
    return NodePlan(
        node.name,
        (
            ProcessSpec(
                "haproxy",
                (str(box.binary("haproxy")), "-db", "-f", str(haproxy)),
                base / "haproxy.log",
                unprivileged=True,
                stale_files=(endpoint.sockets["haproxy"],),
            ),
            ProcessSpec(
                "pgbouncer",
                (str(box.binary("pgbouncer")), str(pgbouncer)),
                base / "pgbouncer.log",
                unprivileged=True,
                stale_files=(
                    base / "pgbouncer.pid",
                    box.run_dir(node.name) / f".s.PGSQL.{endpoint.ports['pgbouncer']}",
                ),
            ),
        ),
        files=files,
        certificates=("haproxy", "pgbouncer"),
        unprivileged=True,
    )
