"""An empty database beside the real one, to try migrations in; dropped on every path."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

from app_core.schema import registry
from cluster_cli.engines.postgresql.connect import ADMIN_DATABASE, connect
from cluster_cli.schema import migrations as runner
from infra.context import Context


@contextlib.contextmanager
def scratch_database(ctx: Context) -> Iterator[str]:
    """The name of a new, empty database."""
    name = f"scratch_{secrets.token_hex(4)}"
    _administer(ctx, "CREATE DATABASE {} TEMPLATE template0", name)
    try:
        yield name
    finally:
        _administer(ctx, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


@contextlib.contextmanager
def migrated(ctx: Context, database: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to the database after all of the registry's migrations ran in it."""
    with contextlib.closing(connect(ctx, via="proxy", database=database, autocommit=True)) as connection:
        with runner.turn(connection):
            runner.prepare(connection)
            for migration in registry.migrations():
                runner.run_one(connection, migration)
        yield connection


def _administer(ctx: Context, statement: str, name: str) -> None:
    with connect(ctx, via="proxy", database=ADMIN_DATABASE, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))  # pyright: ignore[reportArgumentType]
