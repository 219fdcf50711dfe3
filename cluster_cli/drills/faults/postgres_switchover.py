"""A planned switchover of the payments primary, with the pools paused around it."""

from __future__ import annotations

import random

from app_core.errors import RefusedError
from cluster_cli.drills.evidence import Claims
from cluster_cli.drills.faults._aim import leader_of, payments_target
from cluster_cli.drills.faults._fault import Fault, Memo, Target
from cluster_cli.drills.site import Site
from cluster_cli.engines.postgresql import switchover
from cluster_cli.waiting import again_while

ADMITTED_WITHIN_S = 15.0
AGAIN_AFTER_S = 0.5


def aim(site: Site, _: random.Random) -> Target:
    """The leader as it is now."""
    return payments_target(site, leader_of(site))


def inject(site: Site, _: Target, __: Memo) -> None:
    """PAUSE, switchover, wait until the new primary takes writes, RESUME.

    Asked again while it is refused, as an operator would: under load a transaction may be open too long.
    """
    again_while(
        lambda error: isinstance(error, RefusedError),
        lambda: switchover(site.ctx, site.scope),
        ADMITTED_WITHIN_S,
        AGAIN_AFTER_S,
    )


def prove(site: Site, target: Target, _: Memo) -> str | None:
    """Another member's Patroni says that it is the running primary."""
    leader = site.leader()
    if leader is None or leader in target.members:
        return None
    return f"{leader} reports itself as primary"


def undo(_: Site, __: Target, ___: Memo) -> None:
    """Nothing to lift: the old primary has become a standby by itself."""


FAULT = Fault(
    name="postgres-switchover",
    help="A planned switchover, pools paused around it.",
    expect="No failed write; writes wait for about two seconds.",
    domains=("payments",),
    case="member",
    needs=(),
    aim=aim,
    inject=inject,
    prove=prove,
    undo=undo,
    claims=Claims(failed_attempts=0),
    proof_timeout=30.0,
    planned=True,
)
