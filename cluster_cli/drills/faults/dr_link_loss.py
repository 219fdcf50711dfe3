"""The replication path to the DR region is cut; the primary region goes on."""

from __future__ import annotations

import random

import psycopg

from cluster_cli.drills.faults import _actions as actions
from cluster_cli.drills.faults import _killing as killing
from cluster_cli.drills.faults._aim import PAYMENTS, need_domain, too_small
from cluster_cli.drills.faults._fault import NOT_NOTICED, Fault, Memo, Target
from cluster_cli.drills.site import Site

RECEIVING = "SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'"


def aim(site: Site, _: random.Random) -> Target:
    """The relay that stands where the network between the regions is."""
    need_domain(site, "payments")
    links = site.ctx.of_kind("dr-link")
    payments = site.ctx.topology.payments
    if not links or payments is None or payments.dr is None:
        raise too_small(site, "DR region")
    return Target((links[0].member,), PAYMENTS)


def inject(site: Site, target: Target, memo: Memo) -> None:
    """Kill the relay: the connection is reset, and nothing listens."""
    payments = site.ctx.topology.payments
    assert payments is not None and payments.dr is not None
    memo["standby"] = payments.dr.members[0].name
    actions.kill(site, target.members)


def prove(site: Site, target: Target, memo: Memo) -> str | None:
    """The DR member no longer receives WAL, and the relay refuses."""
    try:
        with site.member(memo["standby"], "postgres") as connection:
            row = connection.execute(RECEIVING).fetchone()
    except psycopg.Error:
        return None
    if row == (0,) and site.refuses(target.members[0], "rw"):
        return f"{memo['standby']} receives no WAL"
    return None


FAULT = Fault(
    name="dr-link-loss",
    help="The DR region's replication connection is cut.",
    expect="No interruption: the DR standby acknowledges nothing; it catches up afterwards.",
    domains=("payments",),
    case="region",
    needs=("Power", "Kill"),
    aim=aim,
    inject=inject,
    prove=prove,
    undo=killing.undo,
    claims=NOT_NOTICED,
    hold=10.0,
    sabotages=("no-undo",),
)
