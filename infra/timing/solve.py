"""From a topology's promises to time-outs: the fastest values at or above the measured floors."""

from __future__ import annotations

from infra.timing.model import (
    Etcd,
    Haproxy,
    Mongodb,
    Patroni,
    Pgbouncer,
    Postgresql,
    Timing,
)
from infra.topology.model import Topology

PATRONI = Patroni(
    ttl=20,
    loop_wait=1,
    retry_timeout=5,
    primary_start_timeout=0,
    maximum_lag_on_failover=1_048_576,
)
HAPROXY = Haproxy(
    inter_ms=200,
    fastinter_ms=100,
    downinter_ms=200,
    fall=2,
    rise=1,
    connect_ms=1000,
    check_ms=500,
)
PGBOUNCER = Pgbouncer(
    server_login_retry_s=0.1,
    server_connect_timeout_s=2,
    server_idle_timeout_s=60,
    query_wait_timeout_s=60,
    tcp_user_timeout_ms=3000,
    tcp_keepidle_s=1,
    tcp_keepintvl_s=2,
    tcp_keepcnt=3,
)
POSTGRESQL = Postgresql(
    wal_sender_timeout_s=5,
    wal_receiver_timeout_s=5,
    wal_receiver_status_interval_s=1,
    tcp_user_timeout_ms=5000,
    archive_timeout_s=60,
)
MONGODB = Mongodb(
    election_timeout_ms=1000,
    heartbeat_interval_ms=200,
    heartbeat_timeout_s=2,
    catch_up_timeout_ms=2000,
)
ETCD = Etcd(heartbeat_ms=100, election_ms=1000)


def solve(topology: Topology) -> Timing:
    """The time-outs for a topology."""
    return Timing(PATRONI, HAPROXY, PGBOUNCER, POSTGRESQL, MONGODB, ETCD)
