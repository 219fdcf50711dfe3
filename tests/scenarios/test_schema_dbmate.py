"""dbmate runs the same SQL folder, and the database that it leaves is ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

import app_core.schema
from app_core.schema import registry
from cluster_cli.engines.postgresql.connect import connect
from cluster_cli.schema import payments
from cluster_cli.schema.catalogue import parted, read_catalogue, wanted_catalogue
from cluster_cli.schema.checks import differences
from cluster_cli.schema.scratch import scratch_database
from infra.context import Context

pytestmark = pytest.mark.cluster
DBMATE = str(Path(sys.executable).with_name("dbmate"))
FOLDER = str(Path(app_core.schema.__file__).parent / "sql")


def url(ctx: Context, database: str) -> str:
    """Past the pooler, to whichever member leads."""
    proxy = ctx.of_kind("proxy")[0]
    pair = ctx.credentials.cert("postgres")
    options = {
        "sslmode": "verify-full",
        "sslrootcert": str(ctx.credentials.ca_file),
        "sslcert": str(pair.cert),
        "sslkey": str(pair.key),
    }
    password = quote(ctx.credentials.secret("pg_superuser"), safe="")
    place = f"{proxy.address}:{proxy.ports['rw']}"
    return f"postgres://postgres:{password}@{place}/{database}?{urlencode(options)}"


def dbmate(ctx: Context, database: str, *arguments: str) -> None:
    call = [DBMATE, "--no-dump-schema", "--migrations-dir", FOLDER, *arguments]
    environment = {**os.environ, "DATABASE_URL": url(ctx, database)}
    done = subprocess.run(call, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_same_folder_makes_the_same_database_and_takes_it_back(sandbox: Context) -> None:
    with (
        scratch_database(sandbox) as database,
        connect(sandbox, via="proxy", database=database, autocommit=True) as connection,
    ):
        before = read_catalogue(connection)
        dbmate(sandbox, database, "up")
        assert list(parted(read_catalogue(connection), wanted_catalogue())) == []
        facts = payments.read(connection)
        assert set(facts.applied) == {migration.version for migration in registry.migrations()}
        assert differences("payments", facts) == []
        for _ in registry.migrations():
            dbmate(sandbox, database, "rollback")
        assert read_catalogue(connection) == before
        assert {kind for kind, _ in before} == {"grant", "role"}  # what a cluster has before any migration
