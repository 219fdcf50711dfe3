"""The versions of the engines that run, as they say themselves: what a report may print."""

from __future__ import annotations

import psycopg
from pymongo.errors import PyMongoError

from cluster_cli.engines.mongodb import mongo_client
from cluster_cli.engines.postgresql.connect import connect
from infra.context import Context

SILENT = "of unknown version"
_PATIENCE_MS = 3000


def running(ctx: Context) -> str:
    """A sentence with each engine of the cluster and its version."""
    found: list[str] = []
    if ctx.topology.social is not None:
        found.append(f"MongoDB {mongodb(ctx)}")
    if ctx.topology.payments is not None:
        found.append(f"PostgreSQL {postgresql(ctx)}")
    return ", ".join(found)


def mongodb(ctx: Context) -> str:
    """What the servers behind the routers answer to buildInfo."""
    try:
        with mongo_client(ctx, serverSelectionTimeoutMS=_PATIENCE_MS) as client:
            return str(client.server_info()["version"])
    except PyMongoError:
        return SILENT


def postgresql(ctx: Context) -> str:
    """The primary's `server_version`, without the packager's words."""
    try:
        with connect(ctx, via="proxy") as connection:
            row = connection.execute("SHOW server_version").fetchone()
    except psycopg.Error:
        return SILENT
    return str(row[0]).partition(" ")[0] if row else SILENT
