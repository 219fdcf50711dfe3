"""Two of three etcd members are killed: no quorum, and Patroni's failsafe keeps the primary."""

from __future__ import annotations

import random

from app_core.errors import RefusedError
from cluster_cli.drills.faults import _actions as actions
from cluster_cli.drills.faults import _etcd
from cluster_cli.drills.faults._aim import PAYMENTS, need_domain
from cluster_cli.drills.faults._fault import Fault, Memo, Target
from cluster_cli.drills.site import Site


def aim(site: Site, rng: random.Random) -> Target:
    """A majority of the members, by the seed."""
    need_domain(site, "payments")
    names = [endpoint.member for endpoint in _etcd.members(site)]
    if len(names) < 3:
        raise RefusedError("the topology has no etcd majority to lose", on=site.ctx.topology.name)
    return Target(tuple(rng.sample(names, len(names) // 2 + 1)), PAYMENTS, {"payments": site.scope})


def inject(site: Site, target: Target, _: Memo) -> None:
    """Kill them at once."""
    actions.kill(site, target.members)


def prove(site: Site, target: Target, _: Memo) -> str | None:
    """The members that remain know no leader."""
    left = [e.member for e in _etcd.members(site) if e.member not in target.members]
    views = [_etcd.view(site, member) for member in left]
    if any(seen is not None and seen.leader == "0" for seen in views):
        return f"{', '.join(left)} knows no leader"
    return None


def undo(site: Site, target: Target, _: Memo) -> None:
    """Start them; they elect a leader."""
    actions.start(site, target.members)


FAULT = Fault(
    name="etcd-quorum-loss",
    help="kill -9 of a majority of the etcd members, longer than the leader's lease.",
    expect="failsafe_mode: the primary reaches every member and goes on; no failover.",
    domains=("payments",),
    case="member",
    needs=("Power", "Kill"),
    aim=aim,
    inject=inject,
    prove=prove,
    undo=undo,
    blast_radius=2,
    hold=25.0,
    sabotages=("no-undo",),
)
