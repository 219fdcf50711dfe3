"""The primary of the shard `exchange` freezes: it keeps its port and answers nothing."""

from __future__ import annotations

import random

from cluster_cli.drills.evidence import Claims
from cluster_cli.drills.faults import _actions as actions
from cluster_cli.drills.faults import mongo_primary_crash
from cluster_cli.drills.faults._fault import Fault, Memo, Target
from cluster_cli.drills.site import Site


def aim(site: Site, rng: random.Random) -> Target:
    """The shard's primary as it is now."""
    return mongo_primary_crash.aim(site, rng)


def inject(site: Site, target: Target, _: Memo) -> None:
    """SIGSTOP."""
    actions.pause(site, target.members)


def prove(site: Site, target: Target, memo: Memo) -> str | None:
    """Another member of the set sees it as unreachable, though it has not ended."""
    seen = mongo_primary_crash.prove(site, target, memo)
    return f"{seen}; its process is frozen" if seen else None


def undo(site: Site, target: Target, _: Memo) -> None:
    """SIGCONT; it steps down as soon as it hears of the higher term."""
    actions.resume(site, target.members)


FAULT = Fault(
    name="mongo-primary-freeze",
    help="SIGSTOP of the mongod that is primary of the shard `exchange`.",
    expect="A secondary is elected in 2-4 s; majority writes may wait until replication has moved on.",
    domains=("social",),
    case="member",
    needs=("Pause",),
    aim=aim,
    inject=inject,
    prove=prove,
    undo=undo,
    claims=Claims(failover=True),
    sabotages=("no-undo",),
    proof_timeout=20.0,
)
