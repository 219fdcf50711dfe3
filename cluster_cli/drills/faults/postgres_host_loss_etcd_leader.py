"""The host of the payments primary is lost, and with it the leader of etcd: the slowest loss of a host."""

from __future__ import annotations

import random

from app_core.errors import RefusedError
from cluster_cli.drills.faults import _killing as killing
from cluster_cli.drills.faults import postgres_host_loss
from cluster_cli.drills.faults._fault import Fault, Memo, Target
from cluster_cli.drills.site import Site
from cluster_cli.engines.postgresql import etcd
from cluster_cli.engines.postgresql.leader import etcd_group


def aim(site: Site, rng: random.Random) -> Target:
    """The same members; RefusedError when no etcd member is among them."""
    target = postgres_host_loss.aim(site, rng)
    if _etcd_member(site, target) is None:
        raise RefusedError("no etcd member is on the host of the payments primary", on=target.members[0])
    return target


def _etcd_member(site: Site, target: Target) -> str | None:
    members = [endpoint.member for endpoint in site.ctx.of_kind("etcd", etcd_group(site.ctx))]
    return next((name for name in target.members if name in members), None)


def inject(site: Site, target: Target, memo: Memo) -> None:
    """Hand etcd's leadership to the member on that host, then SIGKILL everything there at once."""
    member = _etcd_member(site, target)
    assert member is not None
    etcd.lead(site.ctx, etcd_group(site.ctx), member)
    killing.inject(site, target, memo)


def prove(site: Site, target: Target, memo: Memo) -> str | None:
    """As for the host's loss, and etcd's other members have elected another leader."""
    lost = postgres_host_loss.prove(site, target, memo)
    leader = etcd.leader(site.ctx, etcd_group(site.ctx))
    if lost is None or leader is None or leader in target.members:
        return None
    return f"{lost}; etcd is led by {leader} now"


FAULT = Fault(
    name="postgres-host-loss-etcd-leader",
    help="Every member on the payments primary's host is killed at once; the leader of etcd is one of them.",
    expect="etcd elects a leader, which starts the lost primary's lease anew; then as after any host's loss.",
    domains=("payments",),
    case="member",
    needs=("Power", "Kill"),
    aim=aim,
    inject=inject,
    prove=prove,
    undo=postgres_host_loss.undo,
    blast_radius=4,
    label="processes killed, peers see resets",
    sabotages=("no-undo",),
)
