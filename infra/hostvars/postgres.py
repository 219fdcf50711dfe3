"""Variables of a PostgreSQL member: Patroni, the server's parameters, the archive."""

from __future__ import annotations

from typing import Any

from infra.endpoint import Endpoint
from infra.hostvars import Placement
from infra.hostvars.etcd import client_hosts
from infra.timing import Timing
from infra.topology import Node, Topology

DATABASE = "payments"
DR_SLOT = "dr"
BUCKET = "swapskill-backup"
ARCHIVE_GET_LIMIT_S = 10
_USERS = {
    "superuser": ("postgres", "pg_superuser"),
    "replication": ("replicator", "pg_replicator"),
    "rewind": ("rewind", "pg_rewind"),
}
REWIND_FUNCTIONS = (
    "pg_ls_dir(text, boolean, boolean)",
    "pg_stat_file(text, boolean)",
    "pg_read_binary_file(text)",
    "pg_read_binary_file(text, bigint, bigint, boolean)",
)
"""What the role `rewind` may execute: pg_rewind reads the other member's files through them."""
CERTIFICATES = ("postgres", "replicator", "rewind")

# A laptop runs three of these side by side.
_SMALL_PARAMETERS: dict[str, Any] = {
    "shared_buffers": "32MB",
    # pg_rewind copies every segment that is kept
    "min_wal_size": "32MB",
    "max_wal_size": "512MB",
    "wal_keep_size": "0",
    # in the data directory: of a killed server nothing stays in /dev/shm, which is memory
    "dynamic_shared_memory_type": "mmap",
}
_SERVER_PARAMETERS: dict[str, Any] = {
    "shared_buffers": "2GB",
    "min_wal_size": "1GB",
    "max_wal_size": "8GB",
    "wal_keep_size": "1GB",
}


def variables(topology: Topology, timing: Timing, node: Node, placement: Placement) -> dict[str, Any]:
    """What `patroni.yml.j2` and `pgbackrest.conf.j2` need for one member."""
    endpoint = placement.endpoints[node.name]
    return {
        **_patroni(topology, timing, node, placement),
        **_backup(topology, node, placement),
        "patroni_rest_port": endpoint.ports["rest"],
        "postgresql_port": endpoint.ports["postgres"],
        "postgresql_database": DATABASE,
        "postgresql_data_dir": str(placement.dir(node.name) / "data"),
        "postgresql_bin_dir": str(placement.binary("postgres").parent),
        "postgresql_socket_dir": str(placement.run_dir(node.name)),
        "postgresql_parameters": _local_parameters(node, placement),
        "postgresql_restore_command": _restore_command(topology, node, placement),
        "postgresql_cluster_parameters": _cluster_parameters(topology, timing),
    }


def _patroni(topology: Topology, timing: Timing, node: Node, placement: Placement) -> dict[str, Any]:
    pair = placement.tls(node.name, node.name)
    return {
        "patroni_certificate": str(pair.cert),
        "patroni_key": str(pair.key),
        "patroni_rest_password": placement.credentials.secret("patroni_rest"),
        "patroni_etcd_hosts": client_hosts(f"{node.group}-etcd", placement),
        "patroni_users": {role: _user(role, node, placement) for role in _USERS},
        "patroni_ttl": timing.patroni.ttl,
        "patroni_loop_wait": timing.patroni.loop_wait,
        "patroni_retry_timeout": timing.patroni.retry_timeout,
        "patroni_primary_start_timeout": timing.patroni.primary_start_timeout,
        "patroni_maximum_lag_on_failover": timing.patroni.maximum_lag_on_failover,
        "patroni_watchdog": "required" if topology.class_ == "production" else "off",
        **_replication(topology, node, placement),
    }


def _user(role: str, node: Node, placement: Placement) -> dict[str, str]:
    name, secret = _USERS[role]
    pair = placement.tls(node.name, name)
    return {
        "name": name,
        "password": placement.credentials.secret(secret),
        "certificate": str(pair.cert),
        "key": str(pair.key),
    }


def is_standby(topology: Topology, group: str) -> bool:
    """Whether a Patroni scope is the standby cluster of the DR region."""
    return (
        topology.payments is not None
        and topology.payments.dr is not None
        and group == topology.payments.dr.name
    )


def _replication(topology: Topology, node: Node, placement: Placement) -> dict[str, Any]:
    """How commits are replicated inside the scope, and between it and the DR region."""
    payments = topology.payments
    assert payments is not None, "a PostgreSQL member belongs to the payments domain"
    if is_standby(topology, node.group):
        return {**_SYNC_OFF, "patroni_slots": {}, "patroni_standby_cluster": _source(placement)}
    sync = payments.sync
    modes: dict[str, Any] = {"first": True, "quorum": "quorum"}
    on = {
        "patroni_synchronous_mode": modes[sync.mode],
        "patroni_synchronous_node_count": sync.count,
        "patroni_synchronous_mode_strict": sync.on_loss == "block",
    }
    return {
        **(on if sync.count else _SYNC_OFF),
        "patroni_slots": {DR_SLOT: {"type": "physical"}} if payments.dr is not None else {},
        "patroni_standby_cluster": {},
    }


_SYNC_OFF: dict[str, Any] = {
    "patroni_synchronous_mode": False,
    "patroni_synchronous_node_count": 1,
    "patroni_synchronous_mode_strict": False,
}


def _source(placement: Placement) -> dict[str, Any]:
    """Where the standby cluster streams from: the relay where there is one, else the proxies."""
    links = _of_kind(placement, "dr-link") or _of_kind(placement, "proxy")
    return {
        "host": ",".join(link.address for link in links),
        "port": ",".join(str(link.ports["rw"]) for link in links) if len(links) > 1 else links[0].ports["rw"],
        "primary_slot_name": DR_SLOT,
        "create_replica_methods": ["basebackup"],
    }


def _of_kind(placement: Placement, kind: str) -> list[Endpoint]:
    return [e for e in placement.endpoints.values() if e.kind == kind]


def _cluster_parameters(topology: Topology, timing: Timing) -> dict[str, Any]:
    """Parameters that all members of a scope must share."""
    pg = timing.postgresql
    return {
        "max_connections": 200,
        "max_wal_senders": 10,
        "max_replication_slots": 10,
        "wal_level": "replica",
        "wal_log_hints": "on",
        "archive_mode": "on",
        "archive_timeout": f"{pg.archive_timeout_s}s",
        "password_encryption": "scram-sha-256",
        # which statements take the time: `swapctl schema review` reads it
        "shared_preload_libraries": "pg_stat_statements",
        # a client that opened a transaction and went away must not hold up a switchover
        "idle_in_transaction_session_timeout": "5s",
        "wal_sender_timeout": f"{pg.wal_sender_timeout_s}s",
        "wal_receiver_timeout": f"{pg.wal_receiver_timeout_s}s",
        "wal_receiver_status_interval": f"{pg.wal_receiver_status_interval_s}s",
        "wal_retrieve_retry_interval": "500ms",
        "tcp_user_timeout": f"{pg.tcp_user_timeout_ms}ms",
        "tcp_keepalives_idle": 5,
        "tcp_keepalives_interval": 2,
        "tcp_keepalives_count": 3,
        **(_SMALL_PARAMETERS if topology.class_ == "ephemeral" else _SERVER_PARAMETERS),
    }


def _local_parameters(node: Node, placement: Placement) -> dict[str, Any]:
    """Parameters with paths of this member."""
    pair = placement.tls(node.name, node.name)
    return {
        "unix_socket_directories": str(placement.run_dir(node.name)),
        "unix_socket_permissions": "0700",
        "ssl": "on",
        "ssl_ca_file": str(placement.ca_file(node.name)),
        "ssl_cert_file": str(pair.cert),
        "ssl_key_file": str(pair.key),
        "log_line_prefix": "%m [%p] %q%u@%d ",
        "log_timezone": "UTC",
        "archive_command": f"{_pgbackrest(placement, node)} --stanza={node.group} archive-push %p",
    }


def _pgbackrest(placement: Placement, node: Node) -> str:
    return f"{placement.binary('pgbackrest')} --config={placement.dir(node.name) / 'pgbackrest.conf'}"


def _restore_command(topology: Topology, node: Node, placement: Placement) -> str | None:
    """How a member of the standby cluster fetches WAL from the primary region's archive; None elsewhere.

    Asks first whether the store answers, and is limited in time: recovery hangs in this command instead of
    trying to stream. (`timeout` answers 124, which PostgreSQL takes for "not there".)
    """
    if not is_standby(topology, node.group):
        return None
    assert topology.payments is not None
    store = _store(placement)
    fetch = f"{_pgbackrest(placement, node)} --stanza={topology.payments.name} archive-get %f %p"
    probe = f"(: < /dev/tcp/{store['backup_s3_host']}/{store['backup_s3_port']}) 2> /dev/null"
    return f"timeout {ARCHIVE_GET_LIMIT_S} bash -c '{probe} && exec {fetch}'"


def _store(placement: Placement) -> dict[str, Any]:
    stores = _of_kind(placement, "objectstore")
    return {
        # a name, not an address: pgBackRest 2.45 does not match addresses in certificates
        "backup_s3_host": "localhost",
        "backup_s3_port": stores[0].ports["s3"] if stores else 443,
    }


def _backup(topology: Topology, node: Node, placement: Placement) -> dict[str, Any]:
    assert topology.payments is not None
    return {
        **_store(placement),
        "archive_source": topology.payments.name if is_standby(topology, node.group) else None,
        "backup_bucket": BUCKET,
        "backup_s3_region": "us-east-1",
        "backup_s3_key": placement.credentials.secret("s3_access"),
        "backup_s3_secret": placement.credentials.secret("s3_secret"),
        "backup_cipher_pass": placement.credentials.secret("backup_cipher"),
        "backup_io_timeout_s": 10,
        "backup_dir": str(placement.dir(node.name) / "backup"),
    }
