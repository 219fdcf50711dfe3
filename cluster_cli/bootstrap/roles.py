"""The payments database's roles: passwords go to the server as SCRAM verifiers, never in clear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from cluster_cli.engines.postgresql.connect import DATABASE
from infra.context import Context
from infra.hostvars.postgres import REWIND_FUNCTIONS
from infra.scram import verifier


@dataclass(frozen=True)
class Role:
    """A role, the secret that holds its password, and its attributes."""

    name: str
    secret: str
    attributes: str = "LOGIN"


ROLES = (
    Role("postgres", "pg_superuser", "LOGIN SUPERUSER"),
    Role("replicator", "pg_replicator", "LOGIN REPLICATION"),
    Role("rewind", "pg_rewind"),
    Role("app", "pg_app"),
    Role("prober", "pg_prober"),
)


def ensure(ctx: Context, connection: psycopg.Connection[Any]) -> bool:
    """Make what is missing, correct what differs; whether anything changed. The connection autocommits."""
    present = _stored_verifiers(connection)
    changed = [role for role in ROLES if _ensure_role(ctx, connection, role, present)]
    if "rewind" not in present:
        _grant_rewind(connection)
    made = _ensure_database(connection)
    return bool(changed) or made


def _stored_verifiers(connection: psycopg.Connection[Any]) -> dict[str, str | None]:
    return dict(connection.execute("SELECT rolname, rolpassword FROM pg_authid").fetchall())


def _ensure_role(
    ctx: Context, connection: psycopg.Connection[Any], role: Role, present: dict[str, str | None]
) -> bool:
    wanted = verifier(role.name, ctx.credentials.secret(role.secret))
    if present.get(role.name) == wanted:
        return False
    verb = "ALTER" if role.name in present else "CREATE"
    statement = sql.SQL("{} ROLE {} {} PASSWORD {}").format(
        sql.SQL(verb),
        sql.Identifier(role.name),
        sql.SQL(role.attributes),  # pyright: ignore[reportArgumentType] - our own constant
        sql.Literal(wanted),
    )
    connection.execute(statement)
    return True


def _grant_rewind(connection: psycopg.Connection[Any]) -> None:
    for function in REWIND_FUNCTIONS:
        statement = "GRANT EXECUTE ON FUNCTION pg_catalog.{} TO rewind"
        connection.execute(sql.SQL(statement).format(sql.SQL(function)))  # pyright: ignore[reportArgumentType]


def _ensure_database(connection: psycopg.Connection[Any]) -> bool:
    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
    if found is None:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
    return found is None
