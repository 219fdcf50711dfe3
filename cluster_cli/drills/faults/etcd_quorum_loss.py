"""A majority of the etcd members is killed: no quorum, and Patroni's failsafe keeps the primary."""

from __future__ import annotations

import random

from cluster_cli.drills.evidence import Claims
from cluster_cli.drills.faults import _killing as killing
from cluster_cli.drills.faults._aim import PAYMENTS, need_domain, too_small
from cluster_cli.drills.faults._fault import Fault, Memo, Target
from cluster_cli.drills.site import Site
from cluster_cli.engines.postgresql import etcd
from cluster_cli.engines.postgresql.leader import etcd_group
from infra.topology import Topology


def aim(site: Site, rng: random.Random) -> Target:
    """A majority of the members, by the seed."""
    need_domain(site, "payments")
    names = [endpoint.member for endpoint in site.ctx.of_kind("etcd", etcd_group(site.ctx))]
    if len(names) < 3:
        raise too_small(site, "etcd majority to lose")
    return Target(tuple(rng.sample(names, majority(site.ctx.topology))), PAYMENTS, {"payments": site.scope})


def majority(topology: Topology) -> int:
    """How many of the main region's etcd members are a quorum: so many may be hit, and no more."""
    payments = topology.payments
    return 0 if payments is None else len(payments.etcd) // 2 + 1


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
    blast_radius=majority,
    hold=25.0,
    sabotages=("no-undo",),
)
