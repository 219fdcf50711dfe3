"""Clients of the social domain: through the routers, or straight to one member."""

from __future__ import annotations

from typing import Any, Literal

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from app_core.errors import UsageError, nearest
from infra.context import Context
from infra.topology.nodes import HIDDEN

Document = dict[str, Any]
Client = MongoClient[Document]
RouterUser = Literal["root", "app", "prober"]
MemberUser = Literal["__system", "prober"]

MEMBER_KINDS = ("mongod-shard", "mongod-config", "mongod-arbiter", *HIDDEN)
_SECRETS = {"root": "mongo_root", "app": "mongo_app", "prober": "mongo_prober"}
_CONNECT_TIMEOUT_MS = 2000
UNREACHABLE = frozenset({6, 7, 89, 133, 202, 262, 9001})
"""The codes with which a router says that it does not reach a shard, or finds no primary there."""
# One member is asked a few questions: no connection before the first, and none to watch its topology stream.
_DIRECT: dict[str, Any] = {"directConnection": True, "connect": False, "serverMonitoringMode": "poll"}


def mongo_client(ctx: Context, user: RouterUser = "root", **options: Any) -> Client:
    """A client of all routers, logged in as a user of the cluster. `options` go to MongoClient."""
    hosts = [endpoint.at("mongo") for endpoint in ctx.of_kind("router")]
    login = {"username": user, "password": ctx.credentials.secret(_SECRETS[user]), "authSource": "admin"}
    return MongoClient(hosts, **{**_common(ctx), **login, **options})


def member_client(
    ctx: Context, member: str, user: MemberUser = "__system", timeout: float | None = None, **options: Any
) -> Client:
    """A client of one member alone, whatever its state.

    `__system` is the members' own user: its password is the shared key file, and it works on every
    member, also before a set is initiated. `timeout` (seconds) bounds selection, connect and each reply.
    Raises UsageError for a member that is no mongod.
    """
    endpoint = ctx.endpoints.get(member)
    if endpoint is None or endpoint.kind not in MEMBER_KINDS:
        names = [name for name, e in ctx.endpoints.items() if e.kind in MEMBER_KINDS]
        raise UsageError("not a member of a MongoDB set", on=member, why=nearest(member, names))
    bounds = _bounds(timeout) if timeout is not None else {}
    merged = {**_common(ctx), **_DIRECT, **_member_login(ctx, user), **bounds, **options}
    return MongoClient(endpoint.address, endpoint.ports["mongo"], **merged)


def anonymous_client(ctx: Context, member: str, timeout: float) -> Client:
    """A client without a login of one mongod or router: enough for `hello`."""
    endpoint = ctx.endpoint(member)
    merged = {**_common(ctx), **_DIRECT, **_bounds(timeout)}
    return MongoClient(endpoint.address, endpoint.ports["mongo"], **merged)


def server_words(error: PyMongoError) -> str:
    """What the server said in an error, without the driver's dump of the whole reply."""
    details = error.details if isinstance(error, OperationFailure) else None
    return str(details["errmsg"]) if details and "errmsg" in details else str(error).split(", full error")[0]


def _common(ctx: Context) -> dict[str, Any]:
    return {
        "tls": True,
        "tlsCAFile": str(ctx.credentials.ca_file),
        "connectTimeoutMS": _CONNECT_TIMEOUT_MS,
        "uuidRepresentation": "standard",
        "tz_aware": True,
        "appname": "swapctl",
    }


def _bounds(timeout: float) -> dict[str, int]:
    milliseconds = int(timeout * 1000)
    return {
        "serverSelectionTimeoutMS": milliseconds,
        "connectTimeoutMS": milliseconds,
        "socketTimeoutMS": milliseconds,
        # below the selection time-out, so that a refused connection is tried again while there is time
        "heartbeatFrequencyMS": max(500, milliseconds),
    }


def _member_login(ctx: Context, user: MemberUser) -> dict[str, str]:
    if user == "__system":
        # the server drops white space from the key file before it makes the password of it
        key = "".join(ctx.credentials.keyfile.read_text().split())
        return {"username": user, "password": key, "authSource": "local", "authMechanism": "SCRAM-SHA-256"}
    return {"username": user, "password": ctx.credentials.secret(_SECRETS[user]), "authSource": "admin"}
