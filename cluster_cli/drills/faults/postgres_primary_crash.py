"""The payments primary's postmaster is killed; Patroni lives and the standby takes over."""

from __future__ import annotations

import random

from cluster_cli.drills.faults import _actions as actions
from cluster_cli.drills.faults import _unprotected
from cluster_cli.drills.faults._aim import leader_of, payments_target, sync_standby_of
from cluster_cli.drills.faults._fault import Fault, Memo, Target
from cluster_cli.drills.site import Site


def aim(site: Site, _: random.Random) -> Target:
    """The leader as it is now."""
    return payments_target(site, leader_of(site))


def inject(site: Site, target: Target, memo: Memo) -> None:
    """Kill the postmaster; its backends end with it."""
    if memo.get("sabotage") == "async":
        memo["standby"] = sync_standby_of(site)
        _unprotected.commit_alone(site, target.members[0], memo["standby"])
        return
    actions.kill(site, target.members, part="postmaster")


def prove(site: Site, target: Target, _: Memo) -> str | None:
    """The standbys lost their sender and the port refuses, or the proxies no longer lead to the member."""
    victim = target.members[0]
    if proxies := actions.proxies_without(site, victim):
        return f"no longer up in {', '.join(proxies)}"
    if site.refuses(victim, "postgres") and (peers := actions.standbys_without(site, victim)):
        return f"port refuses; no WAL from it at {', '.join(peers)}"
    return None


def undo(site: Site, target: Target, memo: Memo) -> None:
    """Patroni starts PostgreSQL again by itself; start Patroni, should it be gone.

    Sabotaged, the standby may be down as well: both are started before a primary is waited for.
    """
    actions.start(site, [*target.members, *([memo["standby"]] if "standby" in memo else [])])
    if memo.get("sabotage") == "async":
        _unprotected.restore(site)


FAULT = Fault(
    name="postgres-primary-crash",
    help="kill -9 of the payments primary's postmaster.",
    expect="The synchronous standby is promoted; no acknowledged payment is lost.",
    domains=("payments",),
    case="member",
    needs=("Power", "Kill"),
    aim=aim,
    inject=inject,
    prove=prove,
    undo=undo,
    sabotages=("async", "no-idempotency", "no-undo"),
)
