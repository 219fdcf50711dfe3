"""Worst cases of the payments domain, each named like the drill that measures it."""

from __future__ import annotations

from infra.timing.measured import (
    CRASH_NOTICE,
    DEAD_REST,
    FAILSAFE_GAP,
    LEASE_RESTART,
    LEASE_SWEEP,
    PROMOTE,
    PROXY_ANSWER,
    QUORUM_STALL,
    RECONNECT,
    SHUTDOWN_PAUSE,
    STANDBY_REMOVED,
    SWITCH_ROUTE,
)
from infra.timing.model import Prediction, Timing
from infra.timing.terms import Term, never, total, unnoticed
from infra.topology.payments import Payments

TAKEOVER = (
    "postgres-primary-crash",
    "postgres-host-loss",
    "postgres-host-loss-etcd-leader",
    "postgres-host-silent",
    "postgres-host-silent-etcd-leader",
)
"""The cases in which another member takes over: what the RTO of a lost member or zone is judged by."""


def predict_payments(payments: Payments, timing: Timing) -> dict[str, Prediction]:
    """Case -> worst case."""
    found = {**_failover(payments, timing), **_sync(payments, timing)}
    failsafe = total((FAILSAFE_GAP, "while failsafe_mode asks the members instead of etcd"))
    others = unnoticed("retry_timeout outlives the election of a new etcd leader")
    found["etcd-quorum-loss"] = failsafe
    found["etcd-member-loss"] = others if len(payments.etcd) > 1 else failsafe
    found["proxy-loss"] = _proxy_loss(payments, timing)
    if payments.dr:
        found["dr-link-loss"] = unnoticed("the standby cluster never acknowledges a commit")
    return found


def _failover(payments: Payments, timing: Timing) -> dict[str, Prediction]:
    if len(payments.members) < 2:
        nobody = never("one PostgreSQL member: nobody takes over")
        return dict.fromkeys((*TAKEOVER, "postgres-switchover"), nobody)
    patroni, promote = timing.patroni, (PROMOTE, "promotion")
    lease: tuple[Term, ...] = ((patroni.ttl, "lease (ttl)"), (LEASE_SWEEP, "until etcd sweeps it"))
    # etcd's election time-out is drawn from one to two times the setting
    restart: tuple[Term, ...] = (
        (2 * timing.etcd.election_ms / 1000, "election of a new etcd leader"),
        (LEASE_RESTART, "by which it starts the lease anew"),
    )
    silent = (DEAD_REST, "Patroni's call to the silent member")
    route = _route(timing)
    return {
        "postgres-primary-crash": total(*_next_loop(timing, CRASH_NOTICE), promote, *route),
        "postgres-host-loss": total(*lease, promote, *route, note="peers see resets"),
        "postgres-host-loss-etcd-leader": total(*restart, *lease, promote, *route, note="peers see resets"),
        "postgres-host-silent": total(*lease, silent, promote, *route),
        "postgres-host-silent-etcd-leader": total(*restart, *lease, silent, promote, *route),
        "postgres-switchover": total(
            (SHUTDOWN_PAUSE, "Patroni's fixed waits"),
            (SWITCH_ROUTE, "to route"),
            note="clients wait",
        ),
    }


def _route(timing: Timing) -> tuple[Term, ...]:
    haproxy = timing.haproxy
    check = haproxy.downinter_ms * haproxy.rise / 1000 + PROXY_ANSWER
    login = timing.pgbouncer.server_login_retry_s
    return ((check, "until HAProxy sees it"), (login, "until pgbouncer's next login"))


def _next_loop(timing: Timing, work: float) -> tuple[Term, ...]:
    return ((timing.patroni.loop_wait, "until Patroni's next loop"), (work, "to act on it"))


def _sync(payments: Payments, timing: Timing) -> dict[str, Prediction]:
    sync, standbys = payments.sync, len(payments.members) - 1
    if sync.count == 0:
        return {}
    if standbys - 1 < sync.count and sync.on_loss == "block":
        stopped = never("on_loss is block and no standby is left to acknowledge")
        return {"postgres-sync-standby-loss": stopped, "postgres-sync-standby-silent": stopped}
    if sync.mode == "quorum" and standbys > sync.count:
        other = total((QUORUM_STALL, "while another standby of the quorum acknowledges"))
        return {"postgres-sync-standby-loss": other, "postgres-sync-standby-silent": other}
    act = _next_loop(timing, STANDBY_REMOVED)
    silent = (timing.postgresql.wal_sender_timeout_s, "wal_sender_timeout")
    return {
        "postgres-sync-standby-loss": total(*act),
        "postgres-sync-standby-silent": total(silent, *act),
    }


def _proxy_loss(payments: Payments, timing: Timing) -> Prediction:
    if len(payments.proxies) < 2:
        return never("one proxy: no other to connect to")
    wait = (timing.haproxy.connect_ms / 1000, "until a client gives up the connection")
    return total(wait, (RECONNECT, "to connect to the other proxy"))
