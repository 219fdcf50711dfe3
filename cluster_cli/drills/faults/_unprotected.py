"""How acknowledged payments are lost on purpose: acks that no standby has, then the primary's host is lost.

The standby is killed, not frozen: a frozen one would still find the WAL in its socket when it thaws.
The primary's Patroni dies at the same moment, so that nobody records that the standby fell behind:
it stays promotable, and without Patroni the primary's host is as good as partitioned.
"""

from __future__ import annotations

import threading
from typing import Any

import psycopg

from app_core.errors import SwapskillError
from cluster_cli.drills.faults import _actions as actions
from cluster_cli.drills.site import Site

ALONE_FOR = 0.5
"""Seconds in which the primary still answers; then the proxies have noticed that Patroni is gone."""
CANCEL_PERIOD = 0.005
PRIMARY_WITHIN = 60.0
CANCEL = """SELECT pg_cancel_backend(pid) FROM pg_stat_activity
WHERE wait_event = 'SyncRep' AND backend_type = 'client backend' AND usename = 'app'"""
END_LOGINS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'"


def cancel_waits(site: Site, primary: str, standby: str) -> None:
    """Commits wait for a standby that is gone, their waits are cancelled, and the primary is lost.

    The cancelling begins before the standby dies: the proxies cut the clients off soon after Patroni is gone.
    """
    enough = threading.Event()
    with site.member(primary, "postgres") as connection:
        canceller = threading.Thread(target=_cancel_until, args=(connection, enough), daemon=True)
        canceller.start()
        _isolate(site, primary, standby)
        actions.wait_for(lambda: False, ALONE_FOR)
        enough.set()
        canceller.join()
    _hand_over(site, primary, standby)


def _cancel_until(connection: psycopg.Connection[Any], enough: threading.Event) -> None:
    while not enough.wait(CANCEL_PERIOD):
        connection.execute(CANCEL)


def commit_alone(site: Site, primary: str, standby: str) -> None:
    """Commits do not wait, by a role setting that nobody was told of; then the primary is lost."""
    with site.member(primary, "postgres") as connection:
        connection.execute("ALTER ROLE app SET synchronous_commit = local")
        connection.execute(END_LOGINS)
    actions.wait_for(lambda: False, ALONE_FOR)
    _isolate(site, primary, standby)
    actions.wait_for(lambda: False, ALONE_FOR)
    _hand_over(site, primary, standby)


def _isolate(site: Site, primary: str, standby: str) -> None:
    actions.kill_parts(site, ((primary, "agent"), (standby, None)))


def _hand_over(site: Site, primary: str, standby: str) -> None:
    """The primary's host is held down; the standby comes back and is promoted when the lease is over."""
    actions.kill(site, [primary])
    actions.start(site, [standby])


def restore(site: Site) -> None:
    """Take the role's setting back, on whoever is primary now."""
    if not actions.wait_for(lambda: _restored(site), PRIMARY_WITHIN):
        raise SwapskillError("no primary to restore the role on", on=site.scope, hint="swapctl status")


def _restored(site: Site) -> bool:
    """Whether there is a primary now that takes it; the old one may just be coming back beside it."""
    leader = site.leader()
    if leader is None:
        return False
    try:
        with site.member(leader, "postgres") as connection:
            connection.execute("ALTER ROLE app RESET synchronous_commit")
            connection.execute(END_LOGINS)
    except psycopg.Error:
        return False
    return True
