"""One router is lost: its clients use the other one."""

from __future__ import annotations

import random

from cluster_cli.drills.evidence import Claims
from cluster_cli.drills.faults import _killing as killing
from cluster_cli.drills.faults._aim import all_social, too_small
from cluster_cli.drills.faults._fault import Fault, Memo, Target
from cluster_cli.drills.site import Site


def aim(site: Site, rng: random.Random) -> Target:
    """A router, by the seed."""
    paths = all_social(site)
    names = [endpoint.member for endpoint in site.ctx.of_kind("router")]
    if len(names) < 2:
        raise too_small(site, "second router")
    return Target((rng.choice(names),), {"social": paths})


def prove(site: Site, target: Target, _: Memo) -> str | None:
    """Clients are refused."""
    return "it refuses connections" if site.refuses(target.members[0], "mongo") else None


FAULT = Fault(
    name="mongo-router-loss",
    help="kill -9 of one router.",
    expect="Drivers send the same retryable writes through the other router; a client fails once at most.",
    domains=("social",),
    case="member",
    needs=("Power", "Kill"),
    aim=aim,
    inject=killing.inject,
    prove=prove,
    undo=killing.undo,
    claims=Claims(longest_pause=5.0, failed_attempts=1, failover=False),
    sabotages=("no-idempotency", "no-undo"),
)
