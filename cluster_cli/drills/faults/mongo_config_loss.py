"""All config servers are lost: data go on by the routers' cached table, changes of the schema wait."""

from __future__ import annotations

import random

from cluster_cli.drills.faults import _actions as actions
from cluster_cli.drills.faults import _killing as killing
from cluster_cli.drills.faults._aim import all_social
from cluster_cli.drills.faults._fault import NOT_NOTICED, Fault, Memo, Target
from cluster_cli.drills.site import Site


def aim(site: Site, _: random.Random) -> Target:
    """Every config server."""
    paths = all_social(site)
    members = tuple(e.member for e in site.ctx.of_kind("mongod-config"))
    return Target(members, {"social": paths})


def prove(site: Site, target: Target, _: Memo) -> str | None:
    """Every config server refuses connections: none is left to ask."""
    return actions.all_refuse(site, target.members, "mongo", "config servers")


FAULT = Fault(
    name="mongo-config-loss",
    help="kill -9 of every config server.",
    expect="Reads and writes of known collections go on; schema changes and logins wait.",
    domains=("social",),
    case="member",
    needs=("Power", "Kill"),
    aim=aim,
    inject=killing.inject,
    prove=prove,
    undo=killing.undo,
    claims=NOT_NOTICED,
    blast_radius=5,
    hold=10.0,
    sabotages=("no-undo",),
)
