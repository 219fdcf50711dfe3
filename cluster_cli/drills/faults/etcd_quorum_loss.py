"""Two of three etcd members are killed: no quorum, and Patroni's failsafe keeps the primary."""

from __future__ import annotations

import random

from app_core.errors import RefusedError
from cluster_cli.drills.evidence import Claims
from cluster_cli.drills.faults import _killing as killing
from cluster_cli.drills.faults._aim import PAYMENTS, need_domain
from cluster_cli.drills.faults._fault import Fault, Memo, Target
from cluster_cli.drills.site import Site
from cluster_cli.engines.postgresql import etcd
from cluster_cli.engines.postgresql.leader import etcd_group


def aim(site: Site, rng: random.Random) -> Target:
    """A majority of the members, by the seed."""
    need_domain(site, "payments")
    names = [endpoint.member for endpoint in site.ctx.of_kind("etcd", etcd_group(site.ctx))]
    if len(names) < 3:
        raise RefusedError("the topology has no etcd majority to lose", on=site.ctx.topology.name)
    return Target(tuple(rng.sample(names, len(names) // 2 + 1)), PAYMENTS, {"payments": site.scope})


def prove(site: Site, target: Target, _: Memo) -> str | None:
    """The members that remain know no leader."""
    views = etcd.read_views(site.ctx, etcd_group(site.ctx))
    left = {name: view for name, view in views.items() if name not in target.members}
    if left and all(not view.has_leader and view.term for view in left.values()):
        return f"no leader for {', '.join(left)}"
    return None


FAULT = Fault(
    name="etcd-quorum-loss",
    help="kill -9 of a majority of the etcd members, longer than the leader's lease.",
    expect="failsafe_mode: the primary reaches every member and goes on; no failover.",
    domains=("payments",),
    case="member",
    needs=("Power", "Kill"),
    aim=aim,
    inject=killing.inject,
    prove=prove,
    undo=killing.undo,
    claims=Claims(longest_pause=5.0, failover=False),
    blast_radius=2,
    hold=25.0,
    sabotages=("no-undo",),
)
