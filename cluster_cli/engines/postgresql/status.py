"""Every member of the payments domain as seen now: read in parallel, judged by pure functions."""

from __future__ import annotations

import time
from collections.abc import Container, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg

from cluster_cli.engines.model import Health, MemberStatus
from cluster_cli.engines.postgresql import etcd, haproxy, objectstore, patroni, pgbouncer
from cluster_cli.engines.postgresql.patroni import PatroniView, Unreachable, View
from infra.context import Context
from infra.endpoint import Endpoint

LAG_LIMIT_BYTES = 16 * 1024 * 1024
SECOND_LOOK_S = 0.25
_ROLES = {"standby_leader": "standby-leader"}


def read_status(ctx: Context) -> tuple[MemberStatus, ...]:
    """Every member of the payments domain, in topology order; a dead one costs one time-out, not one each."""
    with ThreadPoolExecutor(16) as pool:
        views = pool.submit(patroni.read_views, ctx)
        members = pool.submit(etcd.read_views, ctx)
        readers = {"proxy": read_proxy, "dr-link": read_relay, "objectstore": read_store}
        others = {
            e.member: pool.submit(readers[e.kind], ctx, e)
            for e in ctx.endpoints.values()
            if e.kind in readers
        }
        seen = views.result()
        found = postgres_status(ctx, seen, _arrived(ctx, seen)) | etcd_status(ctx, members.result())
        found |= {name: future.result() for name, future in others.items()}
    return tuple(found[name] for name in ctx.endpoints if name in found)


def postgres_status(
    ctx: Context, views: Mapping[str, View], arrived: Container[str] = ()
) -> dict[str, MemberStatus]:
    """Statuses of the PostgreSQL members from their own views; pure. `arrived`: see `lag_seconds`."""
    upstream = _leader(ctx, views)
    return {
        name: member_status(ctx.endpoint(name), view, upstream, name in arrived)
        for name, view in views.items()
    }


def _leader(ctx: Context, views: Mapping[str, View]) -> PatroniView | None:
    leader = views.get(patroni.leader_of({n: v for n, v in views.items() if _in(ctx, n)}) or "")
    return leader if isinstance(leader, PatroniView) else None


def _arrived(ctx: Context, views: Mapping[str, View]) -> frozenset[str]:
    """Those that look far behind and have what they lacked at a second look; nobody waits for the others."""
    leader, now = _leader(ctx, views), datetime.now(UTC)
    doubtful = [name for name, view in views.items() if is_doubtful(view, leader, now)]
    if not doubtful:
        return frozenset()
    time.sleep(SECOND_LOOK_S)
    return frozenset(name for name in doubtful if has_reached(patroni.read_view(ctx, name), leader))


def _in(ctx: Context, member: str) -> bool:
    assert ctx.topology.payments is not None
    return ctx.endpoint(member).group == ctx.topology.payments.name


def member_status(
    endpoint: Endpoint, view: View, leader: PatroniView | None, arrived: bool = False
) -> MemberStatus:
    """One PostgreSQL member: role and position from its own Patroni, sync state from the leader's."""
    if isinstance(view, Unreachable):
        return _status(endpoint, "unknown", view.health, "unreachable", reason=view.reason)
    stream = next((s for s in leader.streams if s.standby == view.member), None) if leader else None
    health, reason = judge(view, stream is not None)
    lag = lag_bytes(view, leader)
    return MemberStatus(
        member=view.member,
        domain="payments",
        kind=endpoint.kind,
        group=endpoint.group,
        role=_role(view, stream.sync_state if stream else None),
        zone=endpoint.zone,
        host=endpoint.host,
        health=Health.LAGGING if health is Health.OK and (lag or 0) > LAG_LIMIT_BYTES else health,
        state=view.replication_state or view.state,
        lag_seconds=lag_seconds(view, lag, datetime.now(UTC), arrived),
        lag_bytes=lag,
        timeline=view.timeline,
        sync_state=stream.sync_state if stream else None,
        note="etcd does not answer: failsafe mode" if view.failsafe else None,
        reason=reason or (f"{lag} bytes behind" if (lag or 0) > LAG_LIMIT_BYTES else None),
    )


def _role(view: PatroniView, sync_state: str | None) -> str:
    if view.role == "replica" and (view.sync or sync_state in ("sync", "quorum")):
        return "sync"
    return _ROLES.get(view.role, view.role)


def judge(view: PatroniView, streams_from_leader: bool) -> tuple[Health, str | None]:
    """A member's health by what it says of itself; pure."""
    if view.state in ("starting", "restarting", "creating replica", "stopping"):
        return Health.RECOVERING, f"PostgreSQL is {view.state}"
    if view.state != "running":
        return Health.FAILED, f"PostgreSQL is {view.state}"
    if view.role == "primary" or streams_from_leader or view.replication_state == "streaming":
        return Health.OK, None
    return Health.RECOVERING, f"does not stream ({view.replication_state or 'no replication connection'})"


def lag_bytes(view: PatroniView, leader: PatroniView | None) -> int | None:
    """How much of the leader's WAL a standby has not applied; None for the leader and without one."""
    if leader is None or view.member == leader.member or leader.lsn is None:
        return None
    position = _position(view)
    return None if position is None else max(0, leader.lsn - position)


def _position(view: PatroniView) -> int | None:
    return view.replayed if view.replayed is not None else view.lsn


def is_doubtful(view: View, leader: PatroniView | None, now: datetime) -> bool:
    """Whether a standby may only look late: what it lacks was written a moment ago, after a long silence."""
    if isinstance(view, Unreachable):
        return False
    return (lag_seconds(view, lag_bytes(view, leader), now) or 0.0) > SECOND_LOOK_S


def has_reached(view: View, leader: PatroniView | None) -> bool:
    """Whether a standby has all that the leader had written when that was asked."""
    return isinstance(view, PatroniView) and lag_bytes(view, leader) == 0


def lag_seconds(view: PatroniView, behind: int | None, now: datetime, arrived: bool = False) -> float | None:
    """How old a standby's data are: 0 when nothing is missing, else the age of the last applied commit.

    `arrived`: what was missing had come at the second look, so that it was missing for no longer than that
    is apart: in a cluster without writes the last commit may be hours old, and a standby one record behind.
    """
    if behind is None:
        return None
    if behind == 0:
        return 0.0
    if arrived:
        return SECOND_LOOK_S
    if not view.replayed_at:
        return None
    return max(0.0, round((now - datetime.fromisoformat(view.replayed_at)).total_seconds(), 3))


def etcd_status(ctx: Context, views: Mapping[str, etcd.EtcdView]) -> dict[str, MemberStatus]:
    """Statuses of the etcd members from their own views; pure."""
    return {name: _etcd(ctx.endpoint(name), view) for name, view in views.items()}


def _etcd(endpoint: Endpoint, view: etcd.EtcdView) -> MemberStatus:
    role = "leader" if view.leads else "follower"
    answers = view.reachable in (Health.OK, Health.FAILED)
    state = "healthy" if view.reachable is Health.OK else "no leader" if answers else "unreachable"
    return _status(
        endpoint,
        role if answers else "unknown",
        view.reachable,
        state,
        term=view.term or None,
        reason=view.reason,
    )


def read_proxy(ctx: Context, endpoint: Endpoint) -> MemberStatus:
    """One proxy host: HAProxy must see one writable member, pgbouncer must answer."""
    try:
        writable = haproxy.writable(haproxy.read_servers(ctx, endpoint.member))
    except TimeoutError:
        return _status(endpoint, "proxy", Health.FROZEN, "unreachable", reason="HAProxy does not answer")
    except OSError as error:
        return _status(
            endpoint, "proxy", Health.DOWN, "unreachable", reason=f"HAProxy: {error.strerror or error}"
        )
    try:
        with pgbouncer.console(ctx, endpoint.member) as connection:
            paused = pgbouncer.is_paused(connection)
    except psycopg.Error as error:
        why = "pgbouncer: " + str(error).strip().splitlines()[-1]
        return _status(endpoint, "proxy", Health.DOWN, "unreachable", reason=why)
    return proxy_status(endpoint, writable, paused)


def proxy_status(endpoint: Endpoint, writable: tuple[str, ...], paused: bool) -> MemberStatus:
    """A proxy host's status from what HAProxy and pgbouncer say; pure."""
    if paused:
        return _status(endpoint, "proxy", Health.FAILED, "paused", reason="pgbouncer is paused")
    if len(writable) != 1:
        why = f"sends writes to {' and '.join(writable)}" if writable else "no member takes writes"
        return _status(endpoint, "proxy", Health.FAILED, "no primary", reason=why)
    return _status(endpoint, "proxy", Health.OK, f"writes to {writable[0]}")


def read_relay(ctx: Context, endpoint: Endpoint) -> MemberStatus:
    """The relay to the DR region: it must have a proxy to lead to."""
    try:
        up = haproxy.writable(haproxy.read_servers(ctx, endpoint.member))
    except TimeoutError:
        return _status(endpoint, "relay", Health.FROZEN, "unreachable", reason="the relay does not answer")
    except OSError as error:
        return _status(endpoint, "relay", Health.DOWN, "unreachable", reason=str(error.strerror or error))
    if not up:
        return _status(endpoint, "relay", Health.FAILED, "no proxy", reason="no proxy answers")
    return _status(endpoint, "relay", Health.OK, f"leads to {up[0]}")


def read_store(ctx: Context, endpoint: Endpoint) -> MemberStatus:
    """The S3 server: it must list its buckets for our key."""
    try:
        code, _ = objectstore.status(ctx, endpoint.member, "GET", "/", timeout=1.0)
    except TimeoutError:
        return _status(endpoint, "archive", Health.FROZEN, "unreachable", reason="does not answer within 1 s")
    except OSError as error:
        return _status(endpoint, "archive", Health.DOWN, "unreachable", reason=str(error.strerror or error))
    if code != 200:
        return _status(endpoint, "archive", Health.FAILED, f"HTTP {code}", reason=f"answers {code}")
    return _status(endpoint, "archive", Health.OK, "serving")


def _status(
    endpoint: Endpoint,
    role: str,
    health: Health,
    state: str,
    *,
    term: int | None = None,
    reason: str | None = None,
) -> MemberStatus:
    return MemberStatus(
        endpoint.member,
        "payments",
        endpoint.kind,
        endpoint.group,
        role,
        endpoint.zone,
        endpoint.host,
        health,
        state,
        term=term,
        reason=reason if health is not Health.OK else None,
    )
