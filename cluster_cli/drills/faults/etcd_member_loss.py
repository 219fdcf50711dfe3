"""The leader of etcd is killed; the other members elect another and payments do not notice."""

from __future__ import annotations

import random

from cluster_cli.drills.faults import _actions as actions
from cluster_cli.drills.faults import _etcd
from cluster_cli.drills.faults._aim import PAYMENTS, need_domain
from cluster_cli.drills.faults._fault import Fault, Memo, Target
from cluster_cli.drills.site import Site


def aim(site: Site, _: random.Random) -> Target:
    """etcd's leader: the worst member to lose."""
    need_domain(site, "payments")
    return Target((_etcd.leader(site).member,), PAYMENTS, {"payments": site.scope})


def inject(site: Site, target: Target, memo: Memo) -> None:
    """Kill it."""
    memo["term"] = str(_etcd.leader(site).term)
    actions.kill(site, target.members)


def prove(site: Site, target: Target, memo: Memo) -> str | None:
    """The others answer with another leader in a higher term."""
    for endpoint in _etcd.members(site):
        seen = _etcd.view(site, endpoint.member) if endpoint.member not in target.members else None
        if seen is not None and seen.term > int(memo["term"]) and seen.leader != "0":
            return f"{seen.member} sees another leader in term {seen.term}"
    return None


def undo(site: Site, target: Target, _: Memo) -> None:
    """Start it; it catches up from the others."""
    actions.start(site, target.members)


FAULT = Fault(
    name="etcd-member-loss",
    help="kill -9 of the etcd leader.",
    expect="etcd elects another leader; no failover, no interruption.",
    domains=("payments",),
    case="member",
    needs=("Power", "Kill"),
    aim=aim,
    inject=inject,
    prove=prove,
    undo=undo,
    hold=10.0,
    sabotages=("no-undo",),
)
