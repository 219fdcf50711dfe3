"""The time-outs themselves: always the fastest at or above the floors, so slack in an SLA stays slack."""

from __future__ import annotations

from infra.timing.measured import (
    ARCHIVE_TIMEOUT,
    ELECTION_TIMEOUT_FLOOR_MS,
    HEARTBEAT_MOST_MS,
    HEARTBEATS_PER_ELECTION,
    LOOP_WAIT_FLOOR,
    RETRY_TIMEOUT_FLOOR,
    TTL_FLOOR,
)
from infra.timing.model import Etcd, Haproxy, Mongodb, Patroni, Pgbouncer, Postgresql, Timing


def fastest() -> Timing:
    """The fastest safe time-outs, without predictions."""
    return Timing(
        patroni=_patroni(),
        # HAProxy gives a check's connection, TLS handshake included, no longer than `inter`: with 200 ms the
        # checks of a starved host failed two at a time and cut every connection of a healthy primary. A
        # second is enough for it; a crash is noticed no later by that, since what follows the first failure
        # goes by fastinter and the successor, still down, is asked every downinter (100, 200 and 250 ms were
        # not distinguishable). A frozen host answers no check for long, but its lease takes ttl anyway.
        haproxy=Haproxy(inter_ms=1000, fastinter_ms=200, downinter_ms=200, fall=3, rise=1,
                        connect_ms=1000, check_ms=2000),
        pgbouncer=Pgbouncer(
            server_login_retry_s=0.1,  # the default of 15 s is added to every failover
            server_connect_timeout_s=2,
            server_idle_timeout_s=60,
            query_wait_timeout_s=60,  # clients wait for a failover (below 30 s) instead of failing
            tcp_user_timeout_ms=3000,
            tcp_keepidle_s=1,
            tcp_keepintvl_s=2,
            tcp_keepcnt=3,
        ),
        postgresql=Postgresql(
            wal_sender_timeout_s=5,  # decides how long commits wait for a standby that went silent
            wal_receiver_timeout_s=5,
            wal_receiver_status_interval_s=1,
            tcp_user_timeout_ms=5000,
            archive_timeout_s=ARCHIVE_TIMEOUT,
        ),
        mongodb=mongodb(ELECTION_TIMEOUT_FLOOR_MS),
        etcd=Etcd(heartbeat_ms=100, election_ms=1000),
    )  # fmt: skip


def _patroni() -> Patroni:
    # Patroni's own rule; with it a leader that lost etcd gives up before its lease ends
    least = LOOP_WAIT_FLOOR + 2 * RETRY_TIMEOUT_FLOOR
    return Patroni(
        ttl=max(TTL_FLOOR, least),
        loop_wait=LOOP_WAIT_FLOOR,
        retry_timeout=RETRY_TIMEOUT_FLOOR,
        primary_start_timeout=0,
        maximum_lag_on_failover=1_048_576,
    )


def mongodb(election_timeout_ms: int) -> Mongodb:
    """Replica set settings around an election time-out, as they were measured."""
    heartbeat = min(HEARTBEAT_MOST_MS, election_timeout_ms // HEARTBEATS_PER_ELECTION)
    return Mongodb(
        election_timeout_ms=election_timeout_ms,
        heartbeat_interval_ms=heartbeat,
        heartbeat_timeout_s=2,
        catch_up_timeout_ms=2000,
    )
