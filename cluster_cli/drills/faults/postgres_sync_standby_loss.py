"""The synchronous standby is lost; the primary waits, then goes on without it (or blocks, by topology)."""

from __future__ import annotations

import random

import psycopg

from cluster_cli.drills.evidence import Claims
from cluster_cli.drills.faults import _actions as actions
from cluster_cli.drills.faults import _unprotected, postgres_primary_crash
from cluster_cli.drills.faults._aim import leader_of, payments_target, sync_standby_of
from cluster_cli.drills.faults._fault import Fault, Memo, Target
from cluster_cli.drills.site import Site

STREAMING = "SELECT count(*) FROM pg_stat_replication WHERE application_name = %s"


def aim(site: Site, _: random.Random) -> Target:
    """The synchronous standby; the primary is remembered as the peer that must miss it."""
    return payments_target(site, sync_standby_of(site))


def inject(site: Site, target: Target, memo: Memo) -> None:
    """Kill Patroni and PostgreSQL of the standby."""
    memo["primary"] = leader_of(site)
    if memo.get("sabotage") == "count-cancelled":
        _unprotected.cancel_waits(site, memo["primary"], target.members[0])
        return
    actions.kill(site, target.members)


def prove(site: Site, target: Target, memo: Memo) -> str | None:
    """The primary no longer lists it among its standbys; sabotaged: the primary is lost as well."""
    if memo.get("sabotage") == "count-cancelled":
        return postgres_primary_crash.prove(site, payments_target(site, memo["primary"]), memo)
    try:
        with site.member(memo["primary"], "postgres") as connection:
            row = connection.execute(STREAMING, (target.members[0],)).fetchone()
    except psycopg.Error:
        return None
    gone = row is not None and row[0] == 0
    return f"no longer streaming from {memo['primary']}" if gone else None


def undo(site: Site, target: Target, memo: Memo) -> None:
    """Start it again; it streams, and becomes the synchronous standby again."""
    actions.start(site, [*target.members, *([memo["primary"]] if "primary" in memo else [])])


FAULT = Fault(
    name="postgres-sync-standby-loss",
    help="kill -9 of the synchronous standby, Patroni and all.",
    expect="Commits wait, then go on: with a spare standby, or asynchronously; such acks are `degraded`.",
    domains=("payments",),
    case="member",
    needs=("Power", "Kill"),
    aim=aim,
    inject=inject,
    prove=prove,
    undo=undo,
    hold=12.0,
    claims=Claims(degrades=True),
    sabotages=("count-cancelled", "no-undo"),
)
