"""Measured floors and durations that the solver reckons with, in seconds unless the name says otherwise.

Measured on two shared cores with PostgreSQL 15.20, Patroni 4.1.5, etcd 3.4.23, HAProxy 2.6.12,
pgbouncer 1.18 and mongod 6.0.5; each is the worst of its runs, rounded up.
"""

from __future__ import annotations

# --- Patroni's floors -------------------------------------------------------------------------------
TTL_FLOOR = 20  # Patroni refuses less (config.py)
LOOP_WAIT_FLOOR = 1  # Patroni refuses less
# 3 is allowed, and wrong: the election of a new etcd leader (1.5 s) then demoted a healthy primary.
# 9 is too much: the old primary demoted itself after the new one was promoted. 5: no effect in 6 runs.
RETRY_TIMEOUT_FLOOR = 5

# --- how long each step of a PostgreSQL failover takes ---------------------------------------------
CRASH_NOTICE = 0.5  # after its next loop, Patroni sees the dead postmaster and releases the lease
LEASE_SWEEP = 1.7  # etcd expires leases in rounds: host loss 19.9-22.9 s with ttl 20
LEASE_RESTART = 1.0  # a new etcd leader starts every lease anew, extended by one election time-out
PROMOTE = 0.5  # from the free lease to a writable primary: 0.13-0.22 s, with TLS 0.4 s
DEAD_REST = 2.0  # Patroni asks the old leader's REST before it promotes; fixed time-out
STANDBY_REMOVED = 0.5  # Patroni rewrites synchronous_standby_names: stall 0.73-1.00 s with loop_wait 1
QUORUM_STALL = 0.1  # quorum 1 of 2, one standby lost: 0.04 s
SHUTDOWN_PAUSE = 2.0  # a switchover: Patroni's fixed sleep(1) plus its polling interval of 1 s
SWITCH_ROUTE = 0.3  # PAUSE, proxies see the new primary, RESUME
FAILSAFE_GAP = 0.1  # all of etcd dead with failsafe_mode: longest gap 0.06 s
PROXY_ANSWER = 0.5  # Patroni answers a health check, the slowest on two busy cores
RECONNECT = 0.5  # a client or pool opens its next connection, TLS and SCRAM included
ARCHIVE_TIMEOUT = 60  # archive-only standby: markers visible after 60.1 s with archive_timeout 60

# --- MongoDB -----------------------------------------------------------------------------------------
ELECTION_TIMEOUT_FLOOR_MS = 1000  # no spurious election on two shared cores at load 6-10
HEARTBEATS_PER_ELECTION = 5  # heartbeat interval = time-out / 5, as in every measured run
HEARTBEAT_MOST_MS = 2000  # MongoDB's own default
ELECTION_JITTER = 0.15  # each member adds up to 15 % to its time-out
ELECT = 0.3  # votes and step-up: a new primary 1.2 s after kill -9 at 1000 ms, 10.3 s at 10000 ms
MONGO_ROUTE = 0.5  # router and driver find it: majority gap 1.6 s at 1000 ms, 3.1 s at 2000 ms
FROZEN_SOURCE = 17.0  # majority writes wait while a secondary still reads from the frozen primary: 13-17 s
STEPDOWN = 1.0  # planned or SIGTERM: gap 1.0 s
SHARD_RESTART = 5.0  # all members killed and started again: primary after 3.1 s
ROUTER_SWITCH = 0.5  # one of two routers killed under load: worst operation 0.04 s
FLOW_CONTROL_LAG = 10.0  # the primary slows writers when the majority point is 10 s behind (its default)
