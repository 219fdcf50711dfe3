"""The solver's result: one frozen dataclass an engine, units in the names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Patroni:
    """Dynamic configuration of Patroni, in seconds (lag in bytes)."""

    ttl: int
    loop_wait: int
    retry_timeout: int
    primary_start_timeout: int
    maximum_lag_on_failover: int


@dataclass(frozen=True)
class Haproxy:
    """Health checks of HAProxy, in milliseconds; fall and rise in checks."""

    inter_ms: int
    fastinter_ms: int
    downinter_ms: int
    fall: int
    rise: int
    connect_ms: int
    check_ms: int


@dataclass(frozen=True)
class Pgbouncer:
    """Time-outs of pgbouncer, in seconds unless the name says otherwise."""

    server_login_retry_s: float
    server_connect_timeout_s: float
    server_idle_timeout_s: int
    query_wait_timeout_s: int
    tcp_user_timeout_ms: int
    tcp_keepidle_s: int
    tcp_keepintvl_s: int
    tcp_keepcnt: int


@dataclass(frozen=True)
class Postgresql:
    """Time-outs of PostgreSQL."""

    wal_sender_timeout_s: int
    wal_receiver_timeout_s: int
    wal_receiver_status_interval_s: int
    tcp_user_timeout_ms: int
    archive_timeout_s: int


@dataclass(frozen=True)
class Mongodb:
    """Replica set settings of MongoDB."""

    election_timeout_ms: int
    heartbeat_interval_ms: int
    heartbeat_timeout_s: int
    catch_up_timeout_ms: int


@dataclass(frozen=True)
class Etcd:
    """etcd's Raft timing, in milliseconds."""

    heartbeat_ms: int
    election_ms: int


@dataclass(frozen=True)
class Prediction:
    """The worst case of one failure: how long writes of the affected path stop, and why so long.

    `seconds` is None when writes stay stopped until the lost member is back.
    """

    seconds: float | None
    explanation: str


@dataclass(frozen=True)
class GivenUp:
    """A promise that no longer holds after one loss, from when, and until when."""

    promise: str
    after: str
    when: str
    until: str

    @property
    def sentence(self) -> str:
        """The whole as one sentence."""
        return f"{self.promise} is given up after {self.after}: {self.when}, until {self.until}"


@dataclass(frozen=True)
class Timing:
    """All time-outs of a topology, what they make of each failure, and what is given up afterwards."""

    patroni: Patroni
    haproxy: Haproxy
    pgbouncer: Pgbouncer
    postgresql: Postgresql
    mongodb: Mongodb
    etcd: Etcd
    predicted: Mapping[str, Prediction] = field(default_factory=dict[str, Prediction])
    given_up: tuple[GivenUp, ...] = ()
