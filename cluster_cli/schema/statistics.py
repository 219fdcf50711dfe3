"""Statistics about statements, which `schema review` reads: an extension outside the schema `public`."""

from __future__ import annotations

from typing import Any

import psycopg

_PRELOADED = "SELECT current_setting('shared_preload_libraries') LIKE '%pg_stat_statements%'"
_THERE = "SELECT to_regclass('stats.pg_stat_statements') IS NOT NULL"
_MAKE = "CREATE SCHEMA IF NOT EXISTS stats; CREATE EXTENSION IF NOT EXISTS pg_stat_statements SCHEMA stats"


def missing(connection: psycopg.Connection[Any]) -> bool:
    """Whether the server could keep the statistics and does not."""
    row = connection.execute(f"SELECT ({_PRELOADED}), ({_THERE})").fetchone()
    return row is not None and bool(row[0]) and not row[1]


def make(connection: psycopg.Connection[Any]) -> None:
    """Keep them from now on."""
    connection.execute(_MAKE)
