"""A cluster's connection strings as environment variables, for people, CI and child processes."""

from __future__ import annotations

import json
import secrets
import shlex
from collections.abc import Mapping
from urllib.parse import quote, unquote, urlsplit

from infra.context import Context
from infra.sandbox.contexts import NAME_VARIABLE

SECRET = ("MONGO_URI", "MONGO_ADMIN_URI", "PG_URI", "PG_ADMIN_URI", "AWS_SECRET_ACCESS_KEY")
PG_DATABASE = "payments"


def variables(ctx: Context) -> dict[str, str]:
    """The variables of the domains that the topology has, in a stable order."""
    found = {NAME_VARIABLE: ctx.name, "SWAPCTL_CA_FILE": str(ctx.credentials.ca_file)}
    if ctx.topology.social is not None:
        found |= _mongo(ctx)
    if ctx.topology.payments is not None:
        found |= _postgres(ctx) | _object_store(ctx)
    return found


def _mongo(ctx: Context) -> dict[str, str]:
    ca = str(ctx.credentials.ca_file)
    return {
        "MONGO_URI": mongo_uri(ctx, "app"),
        "MONGO_ADMIN_URI": mongo_uri(ctx, "root"),
        "MONGO_CA_FILE": ca,
    }


def mongo_uri(ctx: Context, user: str) -> str:
    """A URI over all routers: TLS, SCRAM."""
    hosts = ",".join(router.at("mongo") for router in ctx.of_kind("router"))
    password = quote(ctx.credentials.secret(f"mongo_{user}"), safe="")
    ca = quote(str(ctx.credentials.ca_file), safe="")
    return f"mongodb://{user}:{password}@{hosts}/?authSource=admin&tls=true&tlsCAFile={ca}"


def _postgres(ctx: Context) -> dict[str, str]:
    return {
        "PG_URI": pg_uri(ctx, "app", "pg_app", "pgbouncer"),
        "PG_ADMIN_URI": pg_uri(ctx, "postgres", "pg_superuser", "rw"),
        "PG_CA_FILE": str(ctx.credentials.ca_file),
    }


def pg_uri(ctx: Context, user: str, secret: str, port: str) -> str:
    """A URI over both proxies: `pgbouncer` (pooled, for applications) or `rw` (for operators)."""
    hosts = ",".join(proxy.at(port) for proxy in ctx.of_kind("proxy"))
    pair = ctx.credentials.cert(user)
    options = {
        "sslmode": "verify-full",
        "sslrootcert": str(ctx.credentials.ca_file),
        "sslcert": str(pair.cert),
        "sslkey": str(pair.key),
        "connect_timeout": "5",
    }
    query = "&".join(f"{key}={quote(value, safe='')}" for key, value in options.items())
    password = quote(ctx.credentials.secret(secret), safe="")
    return f"postgresql://{user}:{password}@{hosts}/{PG_DATABASE}?{query}"


def _object_store(ctx: Context) -> dict[str, str]:
    stores = ctx.of_kind("objectstore")
    if not stores:
        return {}
    return {
        # a name, not an address: pgBackRest does not match addresses in certificates
        "S3_ENDPOINT": f"https://localhost:{stores[0].ports['s3']}",
        "S3_CA_FILE": str(ctx.credentials.ca_file),
        "AWS_ACCESS_KEY_ID": ctx.credentials.secret("s3_access"),
        "AWS_SECRET_ACCESS_KEY": ctx.credentials.secret("s3_secret"),
    }


def rendered(found: Mapping[str, str], form: str) -> str:
    """The variables as shell assignments (`dotenv`), one JSON object, or lines of $GITHUB_ENV (`github`)."""
    if form == "json":
        return json.dumps(found, indent=2) + "\n"
    if form == "github":
        return "".join(_github_line(name, value) for name, value in found.items())
    return "".join(f"{key}={shlex.quote(value)}\n" for key, value in found.items())


def _github_line(name: str, value: str) -> str:
    """`NAME=value`; of several lines (a path may have them) a block that no line of the value can end."""
    if value.splitlines() in ([], [value]):
        return f"{name}={value}\n"
    end = f"END_{secrets.token_hex(8)}"
    return f"{name}<<{end}\n{value}\n{end}\n"


def masks(found: Mapping[str, str]) -> str:
    """Commands that make a GitHub runner hide the secrets in logs: it reads them on stdout and stderr.

    The passwords within the URIs as well, as they are and as URIs quote them: programs print either.
    """
    values = [found[name] for name in SECRET if name in found]
    quoted = [password for value in values if (password := urlsplit(value).password)]
    hidden = dict.fromkeys([*values, *quoted, *map(unquote, quoted)])
    return "".join(f"::add-mask::{_command_data(value)}\n" for value in hidden)


def _command_data(value: str) -> str:
    """A value as the runner's commands carry it."""
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
