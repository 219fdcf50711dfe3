"""What Patroni tells of its members: parsed from `GET /patroni`; pure but for the two readers at the end."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from cluster_cli.engines.model import Health
from cluster_cli.engines.postgresql.http import TIMEOUT_S, rest
from infra.context import Context


@dataclass(frozen=True)
class Stream:
    """One standby as its upstream sees it. sync_state: async | potential | sync | quorum."""

    standby: str
    state: str
    sync_state: str


@dataclass(frozen=True)
class PatroniView:
    """One member as its own Patroni describes it.

    role: primary | replica | standby_leader | uninitialized …; state: running | starting | stopped …
    lsn: written (primary) or received (standby) WAL position in bytes; replayed: what a standby has applied.
    sync: Patroni would promote it as a synchronous standby. failsafe: etcd does not answer it.
    """

    member: str
    role: str
    state: str
    timeline: int | None = None
    lsn: int | None = None
    replayed: int | None = None
    replayed_at: str | None = None
    replication_state: str | None = None
    sync: bool = False
    streams: tuple[Stream, ...] = ()
    failsafe: bool = False
    paused: bool = False

    @property
    def writable(self) -> bool:
        """Whether it takes writes: by role and state; the HTTP status says so before the promotion ends."""
        return self.role == "primary" and self.state == "running"


@dataclass(frozen=True)
class Unreachable:
    """A member whose Patroni does not answer: refused (down), or silent (frozen)."""

    member: str
    health: Health
    reason: str


View = PatroniView | Unreachable


def parse_view(member: str, fields: Mapping[str, Any]) -> PatroniView:
    """A view from the JSON of `GET /patroni`."""
    xlog: Mapping[str, Any] = fields.get("xlog") or {}
    return PatroniView(
        member=member,
        role=str(fields.get("role", "unknown")).replace("master", "primary"),
        state=str(fields.get("state", "unknown")),
        timeline=fields.get("timeline"),
        lsn=xlog.get("location", xlog.get("received_location")),
        replayed=xlog.get("replayed_location"),
        replayed_at=xlog.get("replayed_timestamp"),
        replication_state=fields.get("replication_state"),
        sync=bool(fields.get("sync_standby") or fields.get("quorum_standby")),
        streams=tuple(_stream(row) for row in fields.get("replication") or ()),
        failsafe=bool(fields.get("failsafe_mode_is_active")),
        paused=bool(fields.get("pause")),
    )


def _stream(row: Mapping[str, Any]) -> Stream:
    return Stream(
        str(row.get("application_name", "")), str(row.get("state", "")), str(row.get("sync_state", ""))
    )


def read_view(ctx: Context, member: str, timeout: float = TIMEOUT_S) -> View:
    """One member's view; never raises for a member that does not answer."""
    try:
        answer = rest(ctx, member, "/patroni", timeout=timeout)
    except TimeoutError:
        return Unreachable(member, Health.FROZEN, f"Patroni's REST API does not answer within {timeout:g} s")
    except ConnectionRefusedError:
        return Unreachable(member, Health.DOWN, "Patroni's REST port refuses connections")
    except (OSError, http.client.HTTPException) as error:
        return Unreachable(member, Health.DOWN, f"Patroni's REST API: {error or type(error).__name__}")
    if not answer.fields:
        return Unreachable(member, Health.FAILED, f"Patroni answered {answer.status} without JSON")
    return parse_view(member, answer.fields)


def read_views(ctx: Context, group: str | None = None, timeout: float = TIMEOUT_S) -> dict[str, View]:
    """The views of all members (of one scope) at once, in topology order."""
    names = [e.member for e in ctx.of_kind("postgres", group)]
    with ThreadPoolExecutor(max(1, len(names))) as pool:
        views = pool.map(lambda name: read_view(ctx, name, timeout), names)
        return dict(zip(names, views, strict=True))


def leader_of(views: Mapping[str, View]) -> str | None:
    """The member that takes writes (or leads a standby cluster); None when no one says so.

    With two, which only a member cut off from etcd can cause, the higher timeline is the leader.
    """
    leading = [
        view
        for view in views.values()
        if isinstance(view, PatroniView)
        and view.state == "running"
        and view.role in ("primary", "standby_leader")
    ]
    return max(leading, key=lambda view: view.timeline or 0).member if leading else None
