"""Variables of a proxy host: HAProxy and pgbouncer side by side."""

from __future__ import annotations

from typing import Any

from infra.endpoint import Endpoint
from infra.hostvars import Placement
from infra.hostvars.postgres import DATABASE
from infra.scram import verifier
from infra.timing import Timing
from infra.topology import Node, Topology

ADMIN_USER = "pgbouncer_admin"


def variables(topology: Topology, timing: Timing, node: Node, placement: Placement) -> dict[str, Any]:
    """What `haproxy.cfg.j2`, `pgbouncer.ini.j2` and `userlist.txt.j2` need for one host."""
    return {
        **checks(timing),
        **_haproxy(topology, node, placement),
        **_pgbouncer(node, placement),
        **_pgbouncer_timing(timing),
    }


def checks(timing: Timing) -> dict[str, Any]:
    """HAProxy's health checks and connect time-out."""
    t = timing.haproxy
    return {
        "haproxy_inter_ms": t.inter_ms,
        "haproxy_fastinter_ms": t.fastinter_ms,
        "haproxy_downinter_ms": t.downinter_ms,
        "haproxy_fall": t.fall,
        "haproxy_rise": t.rise,
        "haproxy_connect_ms": t.connect_ms,
        "haproxy_check_ms": t.check_ms,
    }


def _haproxy(topology: Topology, node: Node, placement: Placement) -> dict[str, Any]:
    assert topology.payments is not None, "a proxy belongs to the payments domain"
    scope = topology.payments.name
    endpoint = placement.endpoints[node.name]
    members = [e for e in placement.endpoints.values() if e.kind == "postgres" and e.group == scope]
    return {
        "proxy_scope": scope,
        "proxy_servers": [_server(member) for member in members],
        "haproxy_socket": str(placement.run_dir(node.name) / "haproxy.sock"),
        "haproxy_certificate_file": str(placement.tls(node.name, "haproxy").pem),
        "haproxy_rw_port": endpoint.ports["rw"],
        "haproxy_ro_port": endpoint.ports["ro"],
        "haproxy_sync_port": endpoint.ports["sync"],
    }


def _server(endpoint: Endpoint) -> dict[str, Any]:
    ports = {"port": endpoint.ports["postgres"], "rest_port": endpoint.ports["rest"]}
    return {"name": endpoint.member, "address": endpoint.address, **ports}


def _pgbouncer(node: Node, placement: Placement) -> dict[str, Any]:
    server, client = placement.tls(node.name, node.name), placement.tls(node.name, "pgbouncer")
    secret = placement.credentials.secret
    return {
        "postgresql_database": DATABASE,
        "pgbouncer_port": placement.endpoints[node.name].ports["pgbouncer"],
        "pgbouncer_socket_dir": str(placement.run_dir(node.name)),
        "pgbouncer_pidfile": str(placement.dir(node.name) / "pgbouncer.pid"),
        "pgbouncer_auth_file": str(placement.dir(node.name) / "userlist.txt"),
        "pgbouncer_admin_user": ADMIN_USER,
        "pgbouncer_users": {
            "app": verifier("app", secret("pg_app")),
            ADMIN_USER: verifier(ADMIN_USER, secret("pgbouncer_admin")),
        },
        "pgbouncer_certificate": str(server.cert),
        "pgbouncer_key": str(server.key),
        "pgbouncer_client_certificate": str(client.cert),
        "pgbouncer_client_key": str(client.key),
    }


def _pgbouncer_timing(timing: Timing) -> dict[str, Any]:
    t = timing.pgbouncer
    return {
        "pgbouncer_server_login_retry_s": t.server_login_retry_s,
        "pgbouncer_server_connect_timeout_s": t.server_connect_timeout_s,
        "pgbouncer_server_idle_timeout_s": t.server_idle_timeout_s,
        "pgbouncer_query_wait_timeout_s": t.query_wait_timeout_s,
        "pgbouncer_tcp_keepidle_s": t.tcp_keepidle_s,
        "pgbouncer_tcp_keepintvl_s": t.tcp_keepintvl_s,
        "pgbouncer_tcp_keepcnt": t.tcp_keepcnt,
        "pgbouncer_tcp_user_timeout_ms": t.tcp_user_timeout_ms,
    }
