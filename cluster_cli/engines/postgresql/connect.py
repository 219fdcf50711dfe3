"""SQL connections of operators, probers and the bootstrap."""

from __future__ import annotations

from typing import Any

import psycopg

from app_core.errors import UsageError
from infra.context import Context
from infra.endpoint import Endpoint

DATABASE = "payments"
ADMIN_DATABASE = "postgres"
CONNECT_TIMEOUT_S = 3
_SECRETS = {
    "postgres": "pg_superuser",
    "app": "pg_app",
    "prober": "pg_prober",
    "replicator": "pg_replicator",
    "rewind": "pg_rewind",
}


def connect(
    ctx: Context,
    user: str = "postgres",
    *,
    via: str = "pgbouncer",
    database: str = DATABASE,
    autocommit: bool = False,
    timeout: int = CONNECT_TIMEOUT_S,
) -> psycopg.Connection[Any]:
    """A connection as a role, with its certificate and password. The caller closes it.

    via: `pgbouncer` (pooled, both proxies), `proxy` (HAProxy's writable port, both proxies), or a member's
    name (its own port). timeout: seconds per address. Raises psycopg.OperationalError.
    """
    places = _places(ctx, via)
    pair = ctx.credentials.cert(user)
    return psycopg.connect(
        host=",".join(address for address, _ in places),
        port=",".join(str(port) for _, port in places),
        user=user,
        password=ctx.credentials.secret(_SECRETS[user]),
        dbname=database,
        sslmode="verify-full",
        sslrootcert=str(ctx.credentials.ca_file),
        sslcert=str(pair.cert),
        sslkey=str(pair.key),
        connect_timeout=timeout,
        tcp_user_timeout=5000,
        autocommit=autocommit,
        # pgbouncer 1.18 has no prepared statements in transaction pooling
        prepare_threshold=None,
    )


def lost(error: psycopg.Error) -> bool:
    """Whether no server answers (any more), rather than one that refused a statement. Pure."""
    state = error.sqlstate
    return isinstance(error, psycopg.OperationalError) and (state is None or state.startswith(("08", "57P")))


def _places(ctx: Context, via: str) -> list[tuple[str, int]]:
    ports = {"pgbouncer": "pgbouncer", "proxy": "rw"}
    if via in ports:
        return [(p.address, p.ports[ports[via]]) for p in ctx.of_kind("proxy")]
    return [_member(ctx, via)]


def _member(ctx: Context, name: str) -> tuple[str, int]:
    endpoint: Endpoint | None = ctx.endpoints.get(name)
    if endpoint is None or endpoint.kind != "postgres":
        raise UsageError("not a PostgreSQL member", on=name, hint="swapctl status")
    return endpoint.address, endpoint.ports["postgres"]
