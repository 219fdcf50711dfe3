"""Makes the payments cluster of started processes: roles, database, archive, standbys that stream."""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from app_core.errors import TimedOutError
from cluster_cli.bootstrap import archive, blocking, roles
from cluster_cli.bootstrap.steps import StepLog
from cluster_cli.engines.postgresql import haproxy, patroni
from cluster_cli.engines.postgresql.connect import ADMIN_DATABASE, connect, lost
from cluster_cli.waiting import again_while, wait_until
from infra.context import Context

# The bootstrap begins with the start of the processes; a machine with other work to do takes its time.
LIMIT_S = 120.0
LOST_FOR_S = 30.0
_POLL_S = 0.02
_STREAMING = "SELECT application_name, sync_state FROM pg_stat_replication WHERE state = 'streaming'"


def bootstrap(ctx: Context, log: StepLog) -> None:
    """Bring the payments cluster to where applications can use it. Idempotent at every step.

    Raises TimedOutError naming what did not come, SwapskillError when a step fails.
    """
    assert ctx.topology.payments is not None
    scope = ctx.topology.payments.name
    with log.step(f"{scope}: leader"):
        leader = await_leader(ctx, scope)
    with ThreadPoolExecutor(1) as pool:
        archiving = pool.submit(archive.ensure, ctx, leader, log)
        with connect(ctx, via=leader, database=ADMIN_DATABASE, autocommit=True) as connection:
            with log.step(f"{scope}: roles and database") as step:
                step.changed = roles.ensure(ctx, connection)
            _block_on_loss(ctx, connection)
            with log.step(f"{scope}: proxies lead to {leader}"):
                _wait(lambda: _proxies_lead_to(ctx, leader), "the proxies do not lead to the leader", leader)
            _await_standbys(ctx, connection, log)
        _block_everywhere(ctx, log)
        archiving.result()


def steadily(act: Callable[[], None]) -> None:
    """Do what looks first and may be done twice; again where the server is lost under it, for half a minute.

    The proxies cut the sessions of a primary whose Patroni answers their check late.
    Raises OperationalError where it is lost for longer, and at once what no wait cures.
    """
    again_while(lambda error: isinstance(error, psycopg.Error) and lost(error), act, LOST_FOR_S)


def await_leader(ctx: Context, scope: str) -> str:
    """The scope's leader, as soon as it takes writes (which its HTTP status says too early)."""
    found: list[str] = []
    members = [member.member for member in ctx.of_kind("postgres", scope)]

    def look() -> bool:
        # a refused connection costs nothing, a question to Patroni milliseconds of two processes
        if not any(accepts(ctx, member) for member in members):
            return False
        views = patroni.read_views(ctx, scope, timeout=0.5)
        leader = patroni.leader_of(views)
        if leader is not None:
            found.append(leader)
        return leader is not None

    _wait(look, "no member takes writes", scope, poll=0.05)
    return found[0]


def accepts(ctx: Context, member: str) -> bool:
    """Whether the member's PostgreSQL takes connections."""
    endpoint = ctx.endpoint(member)
    try:
        socket.create_connection((endpoint.address, endpoint.ports["postgres"]), 0.5).close()
    except OSError:
        return False
    return True


def _await_standbys(ctx: Context, connection: psycopg.Connection[Any], log: StepLog) -> None:
    payments = ctx.topology.payments
    assert payments is not None
    wanted = min(payments.sync.count, len(payments.members) - 1)
    own = {member.name for member in payments.members}
    if wanted:
        with log.step(f"{payments.name}: synchronous standby"):
            _wait(
                lambda: synchronous(connection, own) >= wanted,
                f"fewer than {wanted} synchronous standbys stream",
                payments.name,
            )
    if payments.dr is not None:
        dr = {member.name for member in payments.dr.members}
        with log.step(f"{payments.dr.name}: streams"):
            _wait(lambda: bool(dr & _streaming(connection).keys()), "does not stream", payments.dr.name)


def _block_on_loss(ctx: Context, leader: psycopg.Connection[Any]) -> None:
    wanted = blocking.names(ctx.topology)
    if wanted is not None:
        blocking.ensure(leader, wanted)


def _block_everywhere(ctx: Context, log: StepLog) -> None:
    wanted = blocking.names(ctx.topology)
    if wanted is not None:
        with log.step("commits wait for the primary region") as step:
            step.changed = blocking.ensure_everywhere(ctx, wanted)


def _streaming(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """Standbys that stream from this member, with their sync_state."""
    return dict(connection.execute(_STREAMING).fetchall())


def synchronous(connection: psycopg.Connection[Any], members: Collection[str]) -> int:
    """How many of the members acknowledge commits now."""
    standbys = _streaming(connection)
    return sum(standbys.get(name) in ("sync", "quorum") for name in members)


def _proxies_lead_to(ctx: Context, leader: str) -> bool:
    return all(_leads_to(ctx, proxy.member, leader) for proxy in ctx.of_kind("proxy"))


def _leads_to(ctx: Context, proxy: str, leader: str) -> bool:
    try:
        return haproxy.writable(haproxy.read_servers(ctx, proxy)) == (leader,)
    except OSError:
        return False


def _wait(condition: Callable[[], bool], what: str, on: str, poll: float = _POLL_S) -> None:
    if not wait_until(condition, LIMIT_S, interval=poll):
        raise TimedOutError(what, on=on, why=f"{LIMIT_S:g} s passed", hint="swapctl logs --all")
