"""A throw-away database with all migrations, on the payments cluster of a sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from cluster_cli.engines.postgresql.connect import connect
from cluster_cli.schema.scratch import migrated, scratch_database
from infra.context import Context

Postgres = psycopg.Connection[Any]


@contextmanager
def migrated_database(ctx: Context) -> Iterator[str]:
    """Its name; it is dropped at the end."""
    with scratch_database(ctx) as name, migrated(ctx, name):
        yield name


@contextmanager
def owner_of(ctx: Context, database: str) -> Iterator[Postgres]:
    """An autocommitting login of its owner, on the leader."""
    with connect(ctx, via="proxy", database=database, autocommit=True) as connection:
        yield connection
