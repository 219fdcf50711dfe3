"""One proxy host is lost: its clients go to the other one."""

from __future__ import annotations

import random

from cluster_cli.drills.evidence import Claims
from cluster_cli.drills.faults import _killing as killing
from cluster_cli.drills.faults._aim import PAYMENTS, need_domain, too_small
from cluster_cli.drills.faults._fault import Fault, Memo, Target
from cluster_cli.drills.site import Site


def aim(site: Site, rng: random.Random) -> Target:
    """A proxy, by the seed."""
    need_domain(site, "payments")
    names = [endpoint.member for endpoint in site.proxies]
    if len(names) < 2:
        raise too_small(site, "second proxy")
    return Target((rng.choice(names),), PAYMENTS)


def prove(site: Site, target: Target, _: Memo) -> str | None:
    """Clients are refused by both programs."""
    victim = target.members[0]
    if site.refuses(victim, "pgbouncer") and site.refuses(victim, "rw"):
        return "pgbouncer and HAProxy refuse connections"
    return None


FAULT = Fault(
    name="proxy-loss",
    help="kill -9 of HAProxy and pgbouncer of one proxy host.",
    expect="Half of the clients reconnect through the other proxy at once; nothing is lost.",
    domains=("payments",),
    case="member",
    needs=("Power", "Kill"),
    aim=aim,
    inject=killing.inject,
    prove=prove,
    undo=killing.undo,
    claims=Claims(longest_pause=5.0, failed_attempts=3, failover=False),
    sabotages=("no-idempotency", "no-undo"),
)
