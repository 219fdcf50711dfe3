"""The primary of the shard `exchange` is killed; its secondaries elect another."""

from __future__ import annotations

import random

from cluster_cli.drills.evidence import Claims
from cluster_cli.drills.faults import _actions as actions
from cluster_cli.drills.faults import _killing as killing
from cluster_cli.drills.faults._aim import shard_primary, shard_target, shard_under_test
from cluster_cli.drills.faults._fault import Fault, Memo, Target
from cluster_cli.drills.site import Site


def aim(site: Site, _: random.Random) -> Target:
    """The shard's primary as it is now."""
    shard = shard_under_test(site)
    return shard_target(site, shard, shard_primary(site, shard))


def prove(site: Site, target: Target, _: Memo) -> str | None:
    """Another member of the set sees it as unreachable; those that do are named.

    The first one is enough: peers notice one after the other, and the recovery time begins with the proof.
    """
    peers = actions.peers_that_miss(site, target.groups["social"], target.members[0])
    return f"unreachable for {', '.join(peers)}" if peers else None


FAULT = Fault(
    name="mongo-primary-crash",
    help="kill -9 of the mongod that is primary of the shard `exchange`.",
    expect="A secondary is elected; no majority write is lost, w:1 writes at most within the RPO.",
    domains=("social",),
    case="member",
    needs=("Power", "Kill"),
    aim=aim,
    inject=killing.inject,
    prove=prove,
    undo=killing.undo,
    claims=Claims(failover=True),
    sabotages=("no-idempotency", "no-undo"),
)
