"""Commands that the router answers by itself, and driver sessions."""

from __future__ import annotations

import asyncio
import datetime
import secrets
import socket
from collections.abc import Callable
from typing import Any

from bson import Binary, Int64

from infra.router.bsonraw import Document, is_array, is_document
from infra.router.core import Router
from infra.router.errors import CommandError
from infra.router.login import hello_login
from infra.router.privileges import CLUSTER, need
from infra.router.reads import as_document
from infra.router.request import Answer, Request, UserName, full_session
from infra.router.stats import STAND_IN, everywhere

_SESSION_MINUTES = 30
_LONGEST_WAIT_MS = 24 * 3600 * 1000


async def hello(router: Router, request: Request) -> Answer:
    """hello and isMaster: what a mongos says, plus the mark of the stand-in."""
    legacy = request.name != "hello"
    reply: Document = {"ismaster" if legacy else "isWritablePrimary": True, "msg": "isdbgrid"}
    if request.command.get("helloOk"):
        reply["helloOk"] = True
    reply |= {
        "maxBsonObjectSize": 16777216, "maxMessageSizeBytes": 48000000, "maxWriteBatchSize": 100000,
        "localTime": datetime.datetime.now(datetime.UTC), "logicalSessionTimeoutMinutes": _SESSION_MINUTES,
        "connectionId": request.client.number, "maxWireVersion": 17, "minWireVersion": 0, "readOnly": False,
        STAND_IN: True,
    }  # fmt: skip
    note_client(request)
    reply |= await hello_login(router, request)
    await _await_change(router, request)
    return {**reply, "topologyVersion": topology_version(router), "ok": 1.0}


def topology_version(router: Router) -> Document:
    """A router's state never changes while it lives."""
    return {"processId": router.process_id, "counter": Int64(0)}


def note_client(request: Request) -> None:
    """Remember the name of the client's application."""
    about = request.command.get("client")
    application = about.get("application") if is_document(about) else None
    if is_document(application):
        request.client.application = str(application.get("name", ""))


async def _await_change(router: Router, request: Request) -> None:
    """A hello that names the state it knows is answered when that changed, here: after its time."""
    known, wait = request.command.get("topologyVersion"), request.command.get("maxAwaitTimeMS")
    if known is None and wait is None:
        return
    if known is None or wait is None:
        raise CommandError(31368, "'topologyVersion' and 'maxAwaitTimeMS' must be given together")
    if not is_document(known) or not isinstance(wait, int | float) or wait < 0:
        raise CommandError(14, "'topologyVersion' must be a document and 'maxAwaitTimeMS' a number")
    if known.get("processId") == router.process_id:
        request.client.streams = True
        await asyncio.sleep(min(wait, _LONGEST_WAIT_MS) / 1000)


async def okay(router: Router, request: Request) -> Answer:
    """Nothing to do here."""
    return {"ok": 1.0}


async def not_on_router(router: Router, request: Request) -> Answer:
    """Commands of replica sets."""
    raise CommandError(59, f"{request.name} is not supported through mongos", extra={"info": "mongos"})


async def is_db_grid(router: Router, request: Request) -> Answer:
    """isdbgrid."""
    return {"isdbgrid": 1, "hostname": socket.gethostname(), "ok": 1.0}


async def whats_my_uri(router: Router, request: Request) -> Answer:
    """whatsmyuri."""
    return {"you": request.client.remote, "ok": 1.0}


async def connection_status(router: Router, request: Request) -> Answer:
    """connectionStatus: who is logged in, with roles and on request privileges."""
    account = await router.users.of(request.client) if router.authenticate else None
    info: Document = {"authenticatedUsers": [], "authenticatedUserRoles": []}
    if account is not None:
        info["authenticatedUsers"] = [{"user": account.name.user, "db": account.name.database}]
        info["authenticatedUserRoles"] = account.document.get("inheritedRoles", [])
    if request.command.get("showPrivileges"):
        info["authenticatedUserPrivileges"] = (
            account.document.get("inheritedPrivileges", []) if account else []
        )
    return {"authInfo": info, "ok": 1.0}


async def list_commands(router: Router, request: Request) -> Answer:
    """listCommands."""
    from infra.router.commands import ADMIN_ONLY, COMMANDS, TEST_COMMANDS

    served = set(COMMANDS) - (TEST_COMMANDS if router.fail_points is None else frozenset())
    shown = {name: {"help": "", "adminOnly": name in ADMIN_ONLY} for name in sorted(served)}
    return {"commands": shown, "ok": 1.0}


async def set_defaults(router: Router, request: Request) -> Answer:
    """setDefaultRWConcern: counts on this router at once."""
    arguments = request.arguments()
    reply = await router.catalog.must_config(
        {**arguments, "writeConcern": {"w": "majority", "wtimeout": 60000}}
    )
    await router.catalog.reload_defaults()
    return reply


async def current_op(router: Router, request: Request) -> Answer:
    """currentOp: of all shards, through $currentOp."""
    from infra.router.aggregate import aggregate

    arguments = request.arguments("currentOp")
    everything = bool(arguments.pop("$all", False))
    own = bool(arguments.pop("$ownOps", False))
    query = {
        k: v for k, v in arguments.items() if k not in ("maxTimeMS", "comment", "readConcern", "writeConcern")
    }
    stage = {"$currentOp": {"allUsers": not own, "idleConnections": everything}}
    command = {
        "aggregate": 1,
        "pipeline": [stage, {"$match": query}],
        "cursor": {"batchSize": 10000},
        "$db": "admin",
    }
    reply = as_document(await aggregate(router, request.derive(command)))
    if not reply.get("ok"):
        raise CommandError.from_reply(reply)
    return {"inprog": reply["cursor"]["firstBatch"], "ok": 1.0}


# -- driver sessions


async def start_session(router: Router, request: Request) -> Answer:
    """startSession."""
    return {"id": {"id": Binary(secrets.token_bytes(16), 4)}, "timeoutMinutes": _SESSION_MINUTES, "ok": 1.0}


async def end_sessions(router: Router, request: Request) -> Answer:
    """endSessions: frees the cursors that the ended ones still hold."""
    ended = [full_session(item, request.client.user) for item in _listed(request)]
    await router.cursors.kill_where(lambda c: c.session is not None and c.session in ended)
    return {"ok": 1.0}


def _listed(request: Request) -> list[Any]:
    value = request.command[request.name]
    if not is_array(value):
        raise CommandError(14, f"BSON field '{request.name}' must be an array")
    return value


async def kill_sessions(router: Router, request: Request) -> Answer:
    """killSessions: one's own; those of others need killAnySession."""
    from infra.router.authorize import may

    sessions: list[Document] = []
    for item in _listed(request):
        if not is_document(item) or "id" not in item:
            raise CommandError(14, "killSessions needs documents with an id")
        own = full_session({"id": item["id"]}, request.client.user)
        foreign = "uid" in item and own is not None and item["uid"] != own.get("uid")
        if foreign and not may(router, request, need(CLUSTER, "killAnySession")):
            raise CommandError(13, "not authorized to kill sessions of other users")
        sessions.append({"id": item["id"], "uid": item["uid"]} if foreign else own or {})
    if not sessions:
        return await _kill_own(router, request)
    await _kill(router, request, lambda s: s in sessions, {"killSessions": sessions})
    return {"ok": 1.0}


async def _kill_own(router: Router, request: Request) -> Answer:
    """An empty list means all driver sessions of the user."""
    user = request.client.user
    users = [{"user": user.user, "db": user.database}] if user is not None else []
    digest = user.digest if user is not None else b""
    await _kill(router, request, lambda s: bytes(s.get("uid", b"")) == digest, {"killAllSessions": users})
    return {"ok": 1.0}


async def kill_all_sessions(router: Router, request: Request) -> Answer:
    """killAllSessions: of the named users, or of everybody."""
    digests = [
        UserName(u.get("user", ""), u.get("db", "")).digest for u in _listed(request) if is_document(u)
    ]
    await _kill(router, request, lambda s: not digests or bytes(s.get("uid", b"")) in digests, _same(request))
    return {"ok": 1.0}


async def kill_by_pattern(router: Router, request: Request) -> Answer:
    """killAllSessionsByPattern: at the shards; all cursors of the router's that fit any pattern."""
    patterns = _listed(request)
    ids = [p["lsid"]["id"] for p in patterns if is_document(p) and "lsid" in p]
    whole = not patterns or any("lsid" not in p for p in patterns)
    await _kill(router, request, lambda s: whole or s["id"] in ids, _same(request))
    return {"ok": 1.0}


def _same(request: Request) -> Document:
    return {request.name: request.command[request.name]}


async def _kill(
    router: Router, request: Request, fits: Callable[[Document], bool], document: Document
) -> None:
    """Kill the cursors that the router holds, then what the members hold."""
    await router.cursors.kill_where(lambda c: c.session is not None and fits(c.session))
    for session in document.get("killSessions", ()):
        router.transactions.drop_session(session)
    await everywhere(router, request, document, "admin")
