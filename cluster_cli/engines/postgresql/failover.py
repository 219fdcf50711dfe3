"""An unplanned role change: at once, to a member that has every acknowledged commit."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from app_core.errors import RefusedError, SwapskillError, TimedOutError
from cluster_cli.engines.postgresql import etcd, patroni
from cluster_cli.engines.postgresql.http import rest
from cluster_cli.engines.postgresql.leader import etcd_group, key, read_sync_key, scope
from cluster_cli.engines.postgresql.patroni import PatroniView, View
from cluster_cli.engines.postgresql.switchover import is_writable
from cluster_cli.engines.sockets import refuses
from cluster_cli.role_change import RoleChange
from cluster_cli.waiting import ask_until
from infra.context import Context

LIMIT_S = 40.0
CONFIRM_S = 1.0
"""The old leader's ports must refuse for so long before its key is taken away."""
ETCD_ELECTS_WITHIN_S = 4.0
"""An etcd leader that went with the primary's host is followed by another after up to two seconds."""
_POLL_S = 0.02
Progress = Callable[[str], None]


def choose(
    views: Mapping[str, View], sync: tuple[str, ...], leader: str | None, target: str | None = None
) -> tuple[str | None, str | None]:
    """The freshest synchronous standby that runs (or `target`, if it is one), or None and the reason; pure.

    Only a member of `/sync` has every acknowledged commit; others are never chosen here.
    """
    alive = [
        view
        for view in views.values()
        if isinstance(view, PatroniView)
        and view.member in sync
        and view.member != leader
        and view.state == "running"
    ]
    if target is not None:
        alive = [view for view in alive if view.member == target]
    if alive:
        return max(alive, key=lambda view: view.lsn or 0).member, None
    if not sync:
        return None, "no standby is synchronous: any of them may lack acknowledged commits"
    if target is not None and target not in sync:
        return None, f"{target} is not a synchronous standby (synchronous: {', '.join(sync)})"
    others = target or ", ".join(name for name in sync if name != leader)
    return None, f"the synchronous standby does not run ({others or 'only the leader itself'})"


def failover(
    ctx: Context,
    group: str,
    *,
    target: str | None = None,
    dry_run: bool = False,
    progress: Progress = lambda _: None,
) -> RoleChange | None:
    """Make a synchronous standby the leader, whether the old leader lives or not. None after a dry run.

    Raises RefusedError when no member is safe to promote, TimedOutError when none was promoted.
    """
    if ask_until(lambda: etcd.leader(ctx, etcd_group(ctx)), ETCD_ELECTS_WITHIN_S) is None:
        raise RefusedError("no failover possible", on=group, why="etcd has no quorum", hint="swapctl status")
    views = patroni.read_views(ctx, scope(ctx))
    holder = etcd.get(ctx, etcd_group(ctx), key(ctx, "leader")).value or None
    new, why = choose(views, read_sync_key(ctx).members, holder, target)
    if new is None:
        raise RefusedError("no failover possible", on=group, why=why, hint="swapctl status")
    progress(f"Patroni's failover to {new}, a synchronous standby")
    if dry_run:
        return None
    started = time.monotonic()
    if holder is not None and is_gone(ctx, holder):
        progress(f"{holder} refuses on both ports: its leader's key is taken away")
        _take_key(ctx, holder)
    else:
        _ask(ctx, new)
    _await(ctx, new)
    return RoleChange("failover", group, holder, new, round(time.monotonic() - started, 3))


def is_gone(ctx: Context, member: str) -> bool:
    """Whether both ports of a member refuse connections, all through the time of confirmation.

    A port that is silent proves nothing (a cut network): such a leader may still run, and keeps its key.
    """
    endpoint = ctx.endpoint(member)
    end = time.monotonic() + CONFIRM_S
    while time.monotonic() < end:
        if not all(refuses(endpoint.address, endpoint.ports[port], 0.25) for port in ("rest", "postgres")):
            return False
        time.sleep(0.1)
    return True


def _take_key(ctx: Context, holder: str) -> None:
    """Delete the leader's key if it is still the dead member's; Patroni's own checks choose the successor."""
    current = etcd.get(ctx, etcd_group(ctx), key(ctx, "leader"))
    if current.value == holder:
        etcd.delete_if_unchanged(ctx, etcd_group(ctx), key(ctx, "leader"), current.revision)


def _ask(ctx: Context, new: str) -> None:
    """Ask through the member that is to lead: the old leader may be frozen, and then never answers."""
    try:
        answer = rest(ctx, new, "/failover", method="POST", body={"candidate": new}, timeout=LIMIT_S)
    except OSError as error:
        raise SwapskillError(
            "Patroni does not answer", on=new, why=str(error), hint="swapctl status"
        ) from error
    if not accepted(answer.status, str(answer.body)):
        why = f"{answer.status} {str(answer.body).strip()}"
        raise SwapskillError("Patroni refused the failover", on=new, why=why, hint="swapctl status")


def accepted(status: int, body: str) -> bool:
    """Whether Patroni took the failover on; pure.

    It waits 20 s for the end, then it says that it does not know: a frozen leader's lease lasts as long.
    """
    return status in (200, 202) or (status == 503 and "status unknown" in body)


def _await(ctx: Context, member: str) -> None:
    end = time.monotonic() + LIMIT_S
    while not is_writable(ctx, member):
        if time.monotonic() > end:
            why = f"{LIMIT_S:g} s passed"
            raise TimedOutError("the standby does not take writes", on=member, why=why, hint="swapctl status")
        time.sleep(_POLL_S)
