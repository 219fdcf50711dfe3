"""A PostgreSQL member of a sandbox: Patroni under tini, and the configuration of its archive."""

from __future__ import annotations

from functools import partial

from infra.endpoint import Endpoint
from infra.hostvars import hostvars
from infra.hostvars.postgres import CERTIFICATES
from infra.sandbox import ports
from infra.sandbox.box import Box
from infra.sandbox.nodes import postgres_data
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
    command = (
        str(box.binary("tini")),
        "-s",
        "--",
        str(interpreter),
        str(launcher),
        str(patroni),
        str(config),
    )
    process = ProcessSpec("patroni", command, base / "patroni.log", unprivileged=True)
    port = box.endpoint(node.name).ports["rest"]
    backup = base / "backup"
    return NodePlan(
        node.name,
        (process,),
        files=(
            RenderedFile(config, render("patroni", "patroni.yml.j2", variables)),
            RenderedFile(launcher, _launcher(box, node)),
            RenderedFile(archive, render("pgbackrest", "pgbackrest.conf.j2", variables)),
        ),
        directories=(backup / "lock", backup / "spool", backup / "log"),
        certificates=CERTIFICATES,
        unprivileged=True,
        ready=lambda: ports.is_open(port),
        prepare=partial(postgres_data.prepare, box, node),
    )


def _launcher(box: Box, node: Node) -> str:
    """The launcher's text: what systemd's ordering does on a host, see its own comment."""
    etcd = [_place(e, "client") for e in box.of_kind("etcd", f"{node.group}-etcd")]
    leader = box.of_kind("postgres", node.group)[0]
    first = [] if leader.member == node.name else [_place(leader, "postgres")]
    marker = str(box.dir(node.name) / "data" / "patroni.dynamic.json")
    return _LAUNCHER.format(etcd=etcd, first=first, marker=marker)


def _place(endpoint: Endpoint, port: str) -> tuple[str, int]:
    return endpoint.address, endpoint.ports[port]


_LAUNCHER = """# Loads Patroni, waits (at most 10 s each) for what it needs, and becomes it. Loading takes 1 s of a core, so it
# happens while etcd starts. etcd: when it does not answer yet, Patroni sleeps for 5 s. The first member's PostgreSQL, at
# the first start only: that member then takes the leader's key, and the roles of a new cluster match the members' names.
import os, runpy, socket, sys, time

ETCD = {etcd}
FIRST_MEMBER = {first}
STARTED_BEFORE = {marker!r}


def answers(place):
    try:
        socket.create_connection(place, 0.5).close()
        return True
    except OSError:
        return False


def wait_for(places):
    end = time.monotonic() + 10
    while places and time.monotonic() < end and not any(map(answers, places)):
        time.sleep(0.03)


import patroni.__main__, patroni.api, patroni.dcs.etcd3, patroni.ha, patroni.postgresql, psycopg

wait_for(ETCD)
if not os.path.exists(STARTED_BEFORE):
    wait_for(FIRST_MEMBER)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
