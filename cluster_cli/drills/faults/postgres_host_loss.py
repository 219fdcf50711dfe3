"""The host of the payments primary is lost: every member on it ends at the same moment."""

from __future__ import annotations

import random

from cluster_cli.drills.faults import _actions as actions
from cluster_cli.drills.faults import _killing as killing
from cluster_cli.drills.faults._aim import leader_of, payments_target
from cluster_cli.drills.faults._fault import Fault, Memo, Target
from cluster_cli.drills.site import Site


def aim(site: Site, _: random.Random) -> Target:
    """The leader first, then everything else on its host (in the reference shape an etcd member)."""
    leader = leader_of(site)
    host = site.ctx.endpoint(leader).host
    others = [e.member for e in site.ctx.endpoints.values() if e.host == host and e.member != leader]
    return payments_target(site, leader, *others)


def prove(site: Site, target: Target, _: Memo) -> str | None:
    """The standbys lost their sender, and the member's port and its Patroni refuse."""
    victim = target.members[0]
    peers = actions.standbys_without(site, victim)
    if peers and site.refuses(victim, "postgres") and site.refuses(victim, "rest"):
        return f"PostgreSQL and Patroni refuse; no WAL from it at {', '.join(peers)}"
    return None


def undo(site: Site, target: Target, _: Memo) -> None:
    """Start everything on the host again; the old primary rejoins as a standby."""
    actions.start(site, reversed(target.members))


FAULT = Fault(
    name="postgres-host-loss",
    help="Every member on the payments primary's host is killed at once.",
    expect="The leader's lease runs out (ttl) and the synchronous standby is promoted; nothing is lost.",
    domains=("payments",),
    case="member",
    needs=("Power", "Kill"),
    aim=aim,
    inject=killing.inject,
    prove=prove,
    undo=undo,
    blast_radius=4,
    label="processes killed, peers see resets",
    sabotages=("no-undo",),
)
