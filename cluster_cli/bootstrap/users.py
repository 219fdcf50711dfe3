"""Creates the users that are missing, and corrects roles that differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pymongo.errors import OperationFailure

from cluster_cli.engines.mongodb.clients import Client
from cluster_cli.engines.mongodb.users import Role, User
from infra.credentials import Credentials

_USER_EXISTS = 51003
_MAJORITY = {"w": "majority", "wtimeout": 30_000}


def ensure_users(client: Client, users: Iterable[User], credentials: Credentials) -> bool:
    """Bring the users of one set (client: its primary) to what is wanted; True when something changed."""
    present = {raw["user"]: raw for raw in client.admin.command("usersInfo", 1)["users"]}
    changes = [_ensure(client, user, present.get(user.name), credentials) for user in users]
    return any(changes)


def _ensure(client: Client, user: User, present: Mapping[str, Any] | None, credentials: Credentials) -> bool:
    if present is None:
        return _create(client, user, credentials)
    if roles_of(present) == user.roles:
        return False
    client.admin.command("updateUser", user.name, roles=_as_documents(user.roles), writeConcern=_MAJORITY)
    return True


def _create(client: Client, user: User, credentials: Credentials) -> bool:
    try:
        client.admin.command(
            "createUser",
            user.name,
            pwd=credentials.secret(user.secret),
            roles=_as_documents(user.roles),
            mechanisms=["SCRAM-SHA-256"],
            writeConcern=_MAJORITY,
        )
    except OperationFailure as error:
        if error.code != _USER_EXISTS:  # another bootstrap was first
            raise
        return False
    return True


def roles_of(raw: Mapping[str, Any]) -> frozenset[Role]:
    """The roles in one entry of `usersInfo`."""
    return frozenset((role["role"], role["db"]) for role in raw["roles"])


def _as_documents(roles: Iterable[Role]) -> list[dict[str, str]]:
    return [{"role": role, "db": database} for role, database in sorted(roles)]
