"""Moves the primary role of a replica set: at once, or planned."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

from pymongo.errors import AutoReconnect, OperationFailure, PyMongoError

from app_core.errors import RefusedError, TimedOutError
from cluster_cli.engines.mongodb.clients import member_client, server_words
from cluster_cli.engines.mongodb.decisions import (
    current_primary,
    failover_refusal,
    freshest_secondary,
    has_followed,
    switchover_refusals,
)
from cluster_cli.engines.mongodb.facts import View
from cluster_cli.engines.mongodb.status import read_status, read_views
from cluster_cli.role_change import Change, RoleChange
from infra.context import Context
from infra.topology.nodes import HIDDEN

Progress = Callable[[str], None]

ELECTION_TIMEOUT_S = 15.0
CATCH_UP_S = 10
STEP_DOWN_S = 20
_POLL_S = 0.01
# Every candidacy begins a new term and unseats the primary that a late member would catch up from.
_RETRY_S = 0.75


def primary(ctx: Context, group: str) -> str | None:
    """The member that is primary in the highest term; None when no member says so."""
    return current_primary(read_views(ctx, group))


def failover(
    ctx: Context,
    group: str,
    *,
    target: str | None = None,
    dry_run: bool = False,
    progress: Progress = lambda _: None,
) -> RoleChange | None:
    """Make `target`, else the freshest secondary, primary whatever the old one does. None after a dry run.

    Raises RefusedError when no election can be won, TimedOutError when none was.
    """
    views = read_views(ctx, group)
    old = current_primary(views)
    chosen = target or freshest_secondary(views)
    why = failover_refusal(views, _voters(ctx, group), chosen)
    if why is not None or chosen is None:
        raise RefusedError("no failover possible", on=group, why=why, hint="swapctl status")
    progress(f"replSetStepUp on {chosen}, a secondary of {group}")
    if dry_run:
        return None
    started = time.monotonic()
    step_up(ctx, group, chosen)
    return _finished("failover", group, old, chosen, started)


def switchover(
    ctx: Context,
    group: str,
    *,
    target: str | None = None,
    dry_run: bool = False,
    progress: Progress = lambda _: None,
) -> RoleChange | None:
    """Hand the primary role over without losing a write; to `target` when one is named. None after a dry run.

    The primary stops taking writes, waits until a secondary has them all, steps down and hands over.
    Raises RefusedError with every reason, TimedOutError when no secondary caught up.
    """
    members = tuple(m for m in read_status(ctx) if m.group == group and m.kind not in HIDDEN)
    refusals = switchover_refusals(members, target)
    if refusals:
        raise RefusedError("switchover refused", on=group, why="; ".join(refusals), hint="swapctl status")
    old = next(m.member for m in members if m.role == "primary")
    if target == old:
        return RoleChange("switchover", group, old, old, 0.0)
    progress(f"replSetStepDown on {old}: it waits for a secondary and hands over" + _then(target))
    if dry_run:
        return None
    started = time.monotonic()
    new = step_down(ctx, group, old)
    if target is not None and new != target:
        progress(f"{new} was first; replSetStepUp on {target}")
        await_rejoined(ctx, group, target, CATCH_UP_S)  # it must have the new primary's first entry to win
        step_up(ctx, group, target)
        new = target
    return _finished("switchover", group, old, new, started)


def _then(target: str | None) -> str:
    return f", then on to {target}" if target is not None else ""


def step_up(ctx: Context, group: str, member: str) -> None:
    """Let a secondary stand for election now, and wait until it takes writes.

    A lost vote (somebody is fresher, another election runs) is tried again until the time is over.
    Raises TimedOutError.
    """
    end = time.monotonic() + ELECTION_TIMEOUT_S
    last = "no answer"
    with member_client(ctx, member, timeout=2.0) as client:
        while time.monotonic() < end:
            try:
                client.admin.command("replSetStepUp", 1)
                if _takes_writes_by(client.admin.command, min(end, time.monotonic() + 2.0)):
                    return
            except PyMongoError as error:
                last = server_words(error)
            time.sleep(_RETRY_S)
    raise TimedOutError(
        "not elected", on=member, why=f"{ELECTION_TIMEOUT_S:g} s: {last}", hint="swapctl status"
    )


def _takes_writes_by(command: Callable[..., dict[str, object]], end: float) -> bool:
    while time.monotonic() < end:
        if command("hello").get("isWritablePrimary"):
            return True
        time.sleep(_POLL_S)
    return False


def step_down(ctx: Context, group: str, member: str) -> str:
    """Ask a primary to hand over to a secondary that has all its writes; the new primary's name.

    Raises RefusedError when no secondary catches up in time (the old primary then stays),
    TimedOutError when nobody takes over.
    """
    command = {"replSetStepDown": STEP_DOWN_S, "secondaryCatchUpPeriodSecs": CATCH_UP_S}
    with member_client(ctx, member, timeout=CATCH_UP_S + 5.0) as client:
        try:
            client.admin.command(command)
        except AutoReconnect:
            pass  # the answer may be lost when the member drops its connections: the state decides
        except OperationFailure as error:
            why = server_words(error)
            raise RefusedError("no step-down", on=member, why=why, hint="swapctl lag") from None
    new = _await_other_primary(ctx, group, member)
    _let_stand_again(ctx, member)
    return new


def _let_stand_again(ctx: Context, member: str) -> None:
    """Lift the step-down's ban: were the new primary lost now, the old one must be able to stand."""
    with member_client(ctx, member, timeout=2.0) as client, contextlib.suppress(PyMongoError):
        # best effort: the ban ends by itself after STEP_DOWN_S
        client.admin.command("replSetFreeze", 0)


def await_rejoined(ctx: Context, group: str, member: str, timeout: float = 60.0) -> None:
    """Wait until a member that was away follows the set's primary again, a rollback included.

    Raises TimedOutError.
    """
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        views = read_views(ctx, group)
        leader = current_primary(views)
        if leader is not None and member in views and _in_step(views[leader], views[member]):
            return
        time.sleep(5 * _POLL_S)
    raise TimedOutError("the member does not follow", on=member, why=f"{timeout:g} s", hint="swapctl status")


def _in_step(leader: View, member: View) -> bool:
    return member.state in ("PRIMARY", "SECONDARY") and has_followed(leader, member)


def _await_other_primary(ctx: Context, group: str, old: str) -> str:
    end = time.monotonic() + ELECTION_TIMEOUT_S
    while time.monotonic() < end:
        found = primary(ctx, group)
        if found is not None and found != old:
            return found
        time.sleep(_POLL_S)
    raise TimedOutError(
        "no new primary", on=group, why=f"none within {ELECTION_TIMEOUT_S:g} s", hint="swapctl status"
    )


def _voters(ctx: Context, group: str) -> int:
    return len([e for e in ctx.endpoints.values() if e.group == group])


def _finished(change: Change, group: str, old: str | None, new: str, started: float) -> RoleChange:
    return RoleChange(change, group, old, new, round(time.monotonic() - started, 3))
