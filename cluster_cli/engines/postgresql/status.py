"""Every member of the payments domain as seen now: read in parallel, judged by pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg

from cluster_cli.engines.model import Health, MemberStatus
from cluster_cli.engines.postgresql import etcd, haproxy, objectstore, patroni, pgbouncer
from cluster_cli.engines.postgresql.patroni import PatroniView, Unreachable, View
from infra.context import Context
from infra.endpoint import Endpoint

LAG_LIMIT_BYTES = 16 * 1024 * 1024
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
        found = postgres_status(ctx, views.result()) | etcd_status(ctx, members.result())
        found |= {name: future.result() for name, future in others.items()}
    return tuple(found[name] for name in ctx.endpoints if name in found)


def postgres_status(ctx: Context, views: Mapping[str, View]) -> dict[str, MemberStatus]:
    """Statuses of the PostgreSQL members from their own views; pure."""
    assert ctx.topology.payments is not None
    leader = views.get(patroni.leader_of({n: v for n, v in views.items() if _in(ctx, n)}) or "")
    upstream = leader if isinstance(leader, PatroniView) else None
    return {name: member_status(ctx.endpoint(name), view, upstream) for name, view in views.items()}


def _in(ctx: Context, member: str) -> bool:
    assert ctx.topology.payments is not None
    return ctx.endpoint(member).group == ctx.topology.payments.name


def member_status(endpoint: Endpoint, view: View, leader: PatroniView | None) -> MemberStatus:
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
        lag_seconds=lag_seconds(view, lag, datetime.now(UTC)),
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
    position = view.replayed if view.replayed is not None else view.lsn
    return None if position is None else max(0, leader.lsn - position)


def lag_seconds(view: PatroniView, behind: int | None, now: datetime) -> float | None:
    """How old a standby's data are: 0 when nothing is missing, else the age of the last applied commit."""
    if behind is None:
        return None
    if behind == 0:
        return 0.0
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
