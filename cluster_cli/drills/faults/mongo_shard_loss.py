"""A whole shard is lost: all its members at once. The other shard must not notice."""

from __future__ import annotations

import random

from cluster_cli.drills.faults import _actions as actions
from cluster_cli.drills.faults import _killing as killing
from cluster_cli.drills.faults._aim import shard_target, shard_under_test
from cluster_cli.drills.faults._fault import Fault, Memo, Target
from cluster_cli.drills.site import Site


def aim(site: Site, _: random.Random) -> Target:
    """Every member of the shard `exchange`."""
    shard = shard_under_test(site)
    return shard_target(site, shard, *site.members_of(shard))


def prove(site: Site, target: Target, _: Memo) -> str | None:
    """Every member refuses connections from outside: the shard has no peers left to ask."""
    return actions.all_refuse(site, target.members, "mongo", "members")


FAULT = Fault(
    name="mongo-shard-loss",
    help="kill -9 of every member of the shard `exchange`.",
    expect="Its keys are unavailable until it is started again; every other shard goes on untouched.",
    domains=("social",),
    case="shard",
    needs=("Power", "Kill"),
    aim=aim,
    inject=killing.inject,
    prove=prove,
    undo=killing.undo,
    blast_radius=5,
    hold=5.0,
    sabotages=("no-undo",),
)
