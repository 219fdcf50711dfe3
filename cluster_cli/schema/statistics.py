"""Statistics about statements, which `schema review` reads: an extension outside the schema `public`."""

from __future__ import annotations

from typing import Any

import psycopg

from cluster_cli.engines.postgresql.connect import DATABASE

# one database shows the statements of all: the payments'
_MISSING = """
SELECT current_database() = %s AND current_setting('shared_preload_libraries') LIKE '%%pg_stat_statements%%'
   AND to_regclass('stats.pg_stat_statements') IS NULL
"""
MAKE = "CREATE SCHEMA IF NOT EXISTS stats; CREATE EXTENSION IF NOT EXISTS pg_stat_statements SCHEMA stats"


def missing(connection: psycopg.Connection[Any]) -> bool:
    """Whether the server could keep the statistics, in the payments database, and does not."""
    row = connection.execute(_MISSING, (DATABASE,)).fetchone()
    return row is not None and bool(row[0])
