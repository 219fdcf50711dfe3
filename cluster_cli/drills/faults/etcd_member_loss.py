"""The leader of etcd is killed; the other members elect another and payments do not notice."""

from __future__ import annotations

import random

from app_core.errors import RefusedError
from cluster_cli.drills.faults import _actions as actions
from cluster_cli.drills.faults import _killing as killing
from cluster_cli.drills.faults._aim import PAYMENTS, need_domain, too_small
from cluster_cli.drills.faults._fault import NOT_NOTICED, Fault, Memo, Target
from cluster_cli.drills.site import PATIENCE_S, Site
from cluster_cli.engines.postgresql import etcd
from cluster_cli.engines.postgresql.leader import etcd_group
from cluster_cli.waiting import ask_until


def aim(site: Site, _: random.Random) -> Target:
    """etcd's leader: the worst member to lose."""
    need_domain(site, "payments")
    found = ask_until(lambda: etcd.leader(site.ctx, etcd_group(site.ctx)), PATIENCE_S)
    if found is None:
        raise RefusedError("etcd has no leader", on=site.scope, hint="swapctl status")
    if len(site.ctx.of_kind("etcd", etcd_group(site.ctx))) < 3:
        raise too_small(site, "etcd member to spare")
    return Target((found,), PAYMENTS, {"payments": site.scope})


def inject(site: Site, target: Target, memo: Memo) -> None:
    """Kill it."""
    memo["term"] = str(etcd.read_view(site.ctx, target.members[0]).term)
    actions.kill(site, target.members)


def prove(site: Site, target: Target, memo: Memo) -> str | None:
    """The others answer with another leader in a higher term."""
    for name, view in etcd.read_views(site.ctx, etcd_group(site.ctx)).items():
        if name not in target.members and view.has_leader and view.term > int(memo["term"]):
            return f"{name} sees another leader in term {view.term}"
    return None


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
    undo=killing.undo,
    claims=NOT_NOTICED,
    hold=10.0,
    sabotages=("no-undo",),
)
