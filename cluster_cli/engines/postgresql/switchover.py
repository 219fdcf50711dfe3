"""A planned role change without a failed client transaction: pools held back, hand-over, pools let go."""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg

from app_core.errors import RefusedError, SwapskillError, TimedOutError
from cluster_cli.engines.model import Health
from cluster_cli.engines.postgresql import etcd, haproxy, patroni, status
from cluster_cli.engines.postgresql.connect import ADMIN_DATABASE, connect
from cluster_cli.engines.postgresql.early_release import release_early
from cluster_cli.engines.postgresql.http import rest
from cluster_cli.engines.postgresql.leader import etcd_group, key, read_sync_key, scope
from cluster_cli.engines.postgresql.patroni import PatroniView
from cluster_cli.engines.postgresql.pools import SURE_S, held
from cluster_cli.plans import switchover_payments as plan
from cluster_cli.role_change import RoleChange
from infra.context import Context

HANDOVER_LIMIT_S = 20.0
_POLL_S = 0.01
Progress = Callable[[str], None]
_LONGEST = """
SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0) FROM pg_stat_activity
 WHERE backend_type = 'client backend' AND datname = 'payments' AND pid <> pg_backend_pid()
"""


def switchover(
    ctx: Context,
    group: str,
    *,
    target: str | None = None,
    dry_run: bool = False,
    progress: Progress = lambda _: None,
    fast: bool = True,
) -> RoleChange | None:
    """Hand the leader's role to a synchronous standby. None after a dry run.

    fast: release the leader's key as soon as the old leader has shut down, instead of a second later.
    Raises RefusedError with every reason (nothing changed), TimedOutError when nobody took over (the pools go
    on in any case), psycopg.OperationalError when a member that must be asked does not answer.
    """
    facts = read_facts(ctx)
    reasons = plan.refusals(facts, target)
    chosen = plan.candidate(facts, target)
    if reasons or chosen is None or facts.leader is None:
        raise RefusedError("switchover refused", on=group, why="; ".join(reasons), hint="swapctl status")
    proxies = tuple(facts.proxies)
    for step in plan.steps(facts.leader, chosen.name, proxies, fast=fast):
        progress(step)
    if dry_run:
        return None
    started = time.monotonic()
    _checkpoint(ctx, (chosen.name, facts.leader))
    with held(ctx, proxies) as hold:
        early_until = hold.began + SURE_S if fast else None
        _hand_over(ctx, facts.leader, chosen.name, proxies, early_until)
    progress(f"transactions waited for at most {hold.seconds:.2f} s")
    return RoleChange("switchover", group, facts.leader, chosen.name, round(time.monotonic() - started, 3))


def read_facts(ctx: Context) -> plan.Facts:
    """What the pre-checks look at, read now. Raises SwapskillError when etcd does not answer."""
    views = patroni.read_views(ctx, scope(ctx))
    leader = patroni.leader_of(views)
    answering = [view for view in views.values() if isinstance(view, PatroniView)]
    etcd_leader = etcd.leader(ctx, etcd_group(ctx))
    return plan.Facts(
        leader=leader,
        sync=read_sync_key(ctx).members if etcd_leader is not None else (),
        candidates=_candidates(views, leader),
        proxies=_proxies(ctx),
        etcd_leader=etcd_leader,
        longest_transaction_s=_longest_transaction(ctx, leader) if leader else 0.0,
        maintenance=any(view.paused for view in answering),
        failsafe=any(view.failsafe for view in answering),
    )


def _candidates(views: dict[str, patroni.View], leader: str | None) -> tuple[plan.Candidate, ...]:
    upstream = views.get(leader or "")
    if not isinstance(upstream, PatroniView):
        return ()
    streaming = {stream.standby for stream in upstream.streams if stream.state == "streaming"}
    return tuple(
        plan.Candidate(name, name in streaming, status.lag_bytes(view, upstream))
        for name, view in views.items()
        if name != leader and isinstance(view, PatroniView)
    )


def _proxies(ctx: Context) -> dict[str, str | None]:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda proxy: status.read_proxy(ctx, proxy), ctx.of_kind("proxy")))
    return {m.member: None if m.health is Health.OK else m.reason for m in found}


def _longest_transaction(ctx: Context, leader: str) -> float:
    with connect(ctx, via=leader, database=ADMIN_DATABASE, autocommit=True) as connection:
        row = connection.execute(_LONGEST).fetchone()
    return float(row[0]) if row else 0.0


def _checkpoint(ctx: Context, members: tuple[str, ...]) -> None:
    """Checkpoint members side by side, so that the shutdown and the promotion have little left to write."""

    def one(member: str) -> None:
        with connect(ctx, via=member, database=ADMIN_DATABASE, autocommit=True) as connection:
            connection.execute("CHECKPOINT")

    with ThreadPoolExecutor(len(members)) as pool:
        list(pool.map(one, members))


def _hand_over(ctx: Context, old: str, new: str, proxies: tuple[str, ...], early_until: float | None) -> None:
    """Ask Patroni, and return when the new leader takes writes and every proxy leads to it.

    early_until: the moment (monotonic) up to which the leader's key may be released for Patroni; None: never.
    """
    leader_key = etcd.get(ctx, etcd_group(ctx), key(ctx, "leader"))
    position = _position(ctx, old)
    request = _Request(ctx, old, new)
    request.start()
    end = time.monotonic() + HANDOVER_LIMIT_S
    if early_until is not None:
        # without it Patroni releases the key a second later; the new leader's state decides
        with contextlib.suppress(psycopg.OperationalError, SwapskillError):
            release_early(
                ctx, old, new, leader_key, position, lambda: request.refusal is not None, early_until
            )
    _until(lambda: is_writable(ctx, new), request, end, f"{new} does not take writes")
    _until(lambda: _lead_to(ctx, proxies, new), request, end, f"the proxies do not lead to {new}")


class _Request(threading.Thread):
    """The request to Patroni: it answers only when the switchover is over, so it waits in a thread."""

    def __init__(self, ctx: Context, old: str, new: str) -> None:
        super().__init__(name="switchover request", daemon=True)
        self._ctx, self._old, self._new = ctx, old, new
        self.refusal: str | None = None

    def run(self) -> None:
        """Post the request; a refusal (HTTP 4xx, 5xx) is kept for the waiting thread."""
        body = {"leader": self._old, "candidate": self._new}
        try:
            answer = rest(
                self._ctx, self._old, "/switchover", method="POST", body=body, timeout=HANDOVER_LIMIT_S
            )
        except (OSError, http.client.HTTPException):
            return  # the old leader may go away meanwhile: the new one's state decides
        if answer.status not in (200, 202):
            self.refusal = f"{answer.status} {str(answer.body).strip()}"


def _position(ctx: Context, member: str) -> int:
    """The leader's WAL position after the last client's transaction."""
    with connect(ctx, via=member, database=ADMIN_DATABASE, autocommit=True) as connection:
        row = connection.execute("SELECT pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')").fetchone()
    return int(row[0]) if row else 0


def is_writable(ctx: Context, member: str) -> bool:
    """Whether a member's own Patroni says, in its body, that it takes writes."""
    view = patroni.read_view(ctx, member)
    return isinstance(view, PatroniView) and view.writable


def _lead_to(ctx: Context, proxies: tuple[str, ...], member: str) -> bool:
    try:
        return all(haproxy.writable(haproxy.read_servers(ctx, proxy)) == (member,) for proxy in proxies)
    except OSError:
        return False


def _until(condition: Callable[[], bool], request: _Request, end: float, what: str) -> None:
    while not condition():
        if request.refusal is not None:
            raise SwapskillError("Patroni refused the switchover", why=request.refusal, hint="swapctl status")
        if time.monotonic() > end:
            raise TimedOutError(what, why=f"{HANDOVER_LIMIT_S:g} s passed", hint="swapctl status")
        time.sleep(_POLL_S)
