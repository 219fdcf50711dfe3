"""Starts psql or mongosh on a cluster, without a secret in the command line."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from app_core.errors import RefusedError
from cluster_cli.environment import mongo_uri, pg_uri
from infra.context import Context
from infra.credentials import write_private
from infra.sandbox.binaries import as_root


def exec_shell(ctx: Context, engine: str, *, admin: bool) -> None:
    """Replace this process by the shell; RefusedError (6) when it is not installed."""
    if engine == "postgres":
        _psql(ctx, admin=admin)
    else:
        _mongosh(ctx, admin=admin)


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise RefusedError("the shell is not installed", on=name, hint=_install(name))
    return found


def _install(name: str) -> str:
    return as_root("apt-get install postgresql-client") if name == "psql" else "npm install --global mongosh"


def _psql(ctx: Context, *, admin: bool) -> None:
    program = _program("psql")
    uri = (
        pg_uri(ctx, "postgres", "pg_superuser", "rw") if admin else pg_uri(ctx, "app", "pg_app", "pgbouncer")
    )
    # A service file: argv is readable by every user of the machine, this file is not.
    service = _private_file(ctx, "pg_service.conf", _service(uri))
    os.execve(program, [program, "service=swapskill"], {**os.environ, "PGSERVICEFILE": str(service)})


def _service(uri: str) -> str:
    from psycopg.conninfo import conninfo_to_dict

    options = {**conninfo_to_dict(uri)}
    return "[swapskill]\n" + "".join(f"{key}={value}\n" for key, value in options.items())


def _mongosh(ctx: Context, *, admin: bool) -> None:
    program = _program("mongosh")
    uri = mongo_uri(ctx, "root" if admin else "app")
    script = _private_file(ctx, "connect.js", f"db = connect({uri!r});\n")
    os.execv(program, [program, "--nodb", "--quiet", "--shell", "--file", str(script)])


def _private_file(ctx: Context, name: str, text: str) -> Path:
    """A file 0600 beside the cluster's other secrets: nobody is left to remove it, so it goes with them."""
    path = ctx.credentials.directory / name
    write_private(path, text)
    return path
