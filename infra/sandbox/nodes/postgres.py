"""A PostgreSQL member of a sandbox: Patroni under tini, and the configuration of its archive."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from infra.hostvars import hostvars
from infra.hostvars.etcd import client_hosts
from infra.hostvars.postgres import CERTIFICATES
from infra.sandbox.box import Box
from infra.sandbox.nodes import patroni_launch, postgres_data
from infra.sandbox.spec import NodePlan, ProcessSpec, RenderedFile
from infra.templates import render
from infra.topology import Node


def plan(box: Box, node: Node) -> NodePlan:
    """The member's configuration and its one process.

    tini adopts the postmaster, which Patroni starts as an orphan: a PID 1 that reaps late makes Patroni
    take a dead postmaster for a running one (measured: 1 to 2 s more in every crash).
    """
    base = box.dir(node.name)
    config, archive = base / "patroni.yml", base / "pgbackrest.conf"
    variables = hostvars(box.topology, node, box, box.timing)
    patroni = box.binary("patroni")
    interpreter, launcher = patroni.with_name("python3"), base / "launch.py"
    launch = (str(interpreter), str(launcher), *_waits(box, node), str(patroni), str(config))
    command = (str(box.binary("tini")), "-s", "--", *launch)
    process = ProcessSpec("patroni", command, base / "patroni.log", unprivileged=True)
    backup = base / "backup"
    return NodePlan(
        node.name,
        (process,),
        files=(
            RenderedFile(config, render("patroni", "patroni.yml.j2", variables)),
            RenderedFile(launcher, Path(patroni_launch.__file__).read_text()),
            RenderedFile(base / ".pgpass", render("pgbackrest", "pgpass.j2", variables)),
            RenderedFile(archive, render("pgbackrest", "pgbackrest.conf.j2", variables)),
        ),
        directories=(backup / "lock", backup / "spool", backup / "log"),
        certificates=CERTIFICATES,
        unprivileged=True,
        prepare=partial(postgres_data.prepare, box, node),
    )


def _waits(box: Box, node: Node) -> tuple[str, str, str, str]:
    """What the launcher waits for: see `patroni_launch`."""
    etcd = ",".join(client_hosts(f"{node.group}-etcd", box))
    if not postgres_data.is_wanted(box, node):
        return "", etcd, "", ""
    data = str(box.dir(node.name) / "data")
    first = box.of_kind("postgres", node.group)[0]
    if first.member == node.name:
        return data, etcd, "", ""
    return data, etcd, first.at("postgres"), first.at("rest")
