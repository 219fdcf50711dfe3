"""From a message to its reply: the table of commands and the checks that every command passes."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from bson.errors import BSONError

from infra.router import (
    local,
    statements,
)
from infra.router.apiversion import check_api
from infra.router.authorize import authorize, check, require_login
from infra.router.bsonraw import Document, decode, encode, is_document, rebuild
from infra.router.commands import ADMIN_ONLY, BEFORE_LOGIN, COMMANDS, TEST_COMMANDS
from infra.router.core import Router
from infra.router.errors import CommandError, MemberLost, host_unreachable
from infra.router.failpoints import CloseConnection, FailPoints
from infra.router.readconcern import check_read_concern
from infra.router.reads import as_document
from infra.router.reply import INTERNAL, Reply
from infra.router.request import Answer, ClientState, Request, full_session
from infra.router.selection import parse_preference
from infra.router.sharding import Handler
from infra.router.wire import OP_QUERY, Message, WireError

log = logging.getLogger(__name__)

_MEMBERS_ONLY = (
    "shardVersion", "databaseVersion", "fromMongos", "needsMerge", "exchange", "runtimeConstants",
    "coordinator",
    "use44SortKeys", "isTimeseriesNamespace", "$_requestReshardingResumeToken", "isMapReduceCommand",
    "$audit",
    "$impersonatedUsers", "impersonatedUsers", "$configTime", "$topologyTime", "mayBypassWriteBlocking",
    "$_passthroughToShard",
)  # fmt: skip
_NOT_RETRYABLE = (
    "txnNumber may only be provided for multi-document transactions and retryable write commands. "
    "autocommit:false was not provided for "
)
_HELLOS = frozenset({"hello", "isMaster", "ismaster"})
_RETRYABLE = frozenset({"insert", "update", "delete", "findAndModify", "findandmodify"})


async def serve(router: Router, client: ClientState, message: Message) -> bytes:
    """The reply's body for one message: raises nothing but cancellation and CloseConnection."""
    request: Request | None = None
    try:
        request = make_request(client, message)
        answer = await _handle(router, request)
    except CommandError as error:
        answer = error.document
    except MemberLost as error:
        answer = host_unreachable(error).document
    except (BSONError, WireError, RecursionError) as error:
        answer = CommandError(22, f"invalid document: {error}").document
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        log.exception("request failed")
        answer = CommandError(9, f"Failed to parse the command: {error!r}").document
    except CloseConnection:
        raise
    except Exception:
        log.exception("request failed")
        answer = CommandError(8, "the router failed on this request; its log says why").document
    return finish(router, request, answer)


def make_request(client: ClientState, message: Message) -> Request:
    """Decode the command document (not its sequences)."""
    command = decode(message.body)
    if message.opcode == OP_QUERY:
        command = _unwrap_query(command, message)
    if not command:
        raise CommandError(59, "no command in the message")
    name = next(iter(command))
    database = command.get("$db", "admin")
    if database != "$external" and not _is_database_name(database):
        raise CommandError(73, f"Invalid database name: '{database}'")
    return Request(message, command, name, database, client)


def _is_database_name(name: Any) -> bool:
    return isinstance(name, str) and 0 < len(name) < 64 and not set(name) & set('/\\. "\0$')


def _unwrap_query(command: Document, message: Message) -> Document:
    """An old handshake: only hello and isMaster come as OP_QUERY."""
    inner = command.get("$query") or command.get("query")
    if is_document(inner):
        command = inner
    name = next(iter(command), "")
    if name not in ("hello", "isMaster", "ismaster") or not message.namespace.endswith(".$cmd"):
        raise CommandError(
            352, f"Unsupported OP_QUERY command: {name}. The client driver may require an upgrade."
        )
    return {**command, "$db": message.namespace.partition(".")[0]}


async def _handle(router: Router, request: Request) -> Answer:
    handler = COMMANDS.get(request.name)
    if handler is None or (request.name in TEST_COMMANDS and router.fail_points is None):
        raise CommandError(59, f"no such command: '{request.name}'")
    if request.name not in BEFORE_LOGIN:
        require_login(router, request)
    router.counters[request.name] += 1
    _check_arguments(request)
    needs: list[Any] = []
    if request.name not in BEFORE_LOGIN:
        needs = await authorize(router, request)
    if request.name in ADMIN_ONLY and request.database != "admin":
        raise CommandError(13, f"{request.name} may only be run against the admin database.")
    router.clock.advance_from_client(request.command.get("$clusterTime"))
    request.session = full_session(request.command.get("lsid"), request.client.user)
    _set_deadline(request)
    return await _run(router, request, handler, needs)


async def _run(router: Router, request: Request, handler: Handler, needs: list[Any]) -> Answer:
    if request.name == "getMore":
        _recheck_cursor(router, request)
    if request.in_transaction and request.name not in (
        "getMore",
        "killCursors",
        "commitTransaction",
        "abortTransaction",
    ):
        handler = statements.statement
    request.needs = needs
    if router.fail_points is None:
        return await handler(router, request)
    return await _under_fail_points(router.fail_points, router, request, handler)


async def _under_fail_points(
    points: FailPoints, router: Router, request: Request, handler: Handler
) -> Answer:
    """Test commands are on: the command may have to fail, or to carry a write concern error."""
    if request.name in _HELLOS:
        local.note_client(request)
    labels = points.labels(request)
    concern_error = await points.before(request)
    answer = await handler(router, request)
    if concern_error is None:
        return answer
    document = {k: v for k, v in as_document(answer).items() if k != "writeConcernError"}
    return {**document, "writeConcernError": concern_error, **({"errorLabels": labels} if labels else {})}


def _recheck_cursor(router: Router, request: Request) -> None:
    """A cursor goes on only while its user still has the rights with which he opened it."""
    if router.authenticate:
        cursor = router.cursors.find(request, request.command["getMore"])
        check(request.client.account.privileges, cursor.needs, request)


def _check_arguments(request: Request) -> None:
    command = request.command
    for name in _MEMBERS_ONLY:
        if name in command:
            raise CommandError(40415, f"BSON field '{request.name}.{name}' is an unknown field.")
    check_api(request)
    parse_preference(command.get("$readPreference"))  # judged on every command, also where nothing is read
    check_read_concern(request)
    if "autocommit" in command or "startTransaction" in command:
        _check_transaction(request)
    elif "txnNumber" in command:
        if "lsid" not in command:
            raise CommandError(72, "Transaction number requires a session ID to also be specified")
        if request.name not in _RETRYABLE:
            raise CommandError(50768, _NOT_RETRYABLE + request.name)
    elif request.name in ("commitTransaction", "abortTransaction"):
        raise CommandError(125, f"{request.name} must be run within a transaction")


def _check_transaction(request: Request) -> None:
    command = request.command
    if command.get("autocommit") is not False:
        raise CommandError(72, "Specifying autocommit=true is not allowed.")
    if "lsid" not in command or "txnNumber" not in command:
        raise CommandError(72, "'autocommit' field requires a transaction number to also be specified")
    if "startTransaction" in command and command["startTransaction"] is not True:
        raise CommandError(72, "Specifying startTransaction=false is not allowed.")


def _set_deadline(request: Request) -> None:
    limit = request.command.get("maxTimeMS")
    if request.name == "getMore" or limit is None or isinstance(limit, bool):
        return
    if not isinstance(limit, (int, float)) or limit < 0 or limit > 2**31 - 1:
        raise CommandError(2, f"{limit!r} value for maxTimeMS is out of range")
    if limit:
        request.deadline = asyncio.get_running_loop().time() + limit / 1000


def finish(router: Router, request: Request | None, answer: Answer) -> bytes:
    """The reply as the client gets it: nothing internal, with operationTime and $clusterTime."""
    raw = answer if isinstance(answer, bytes) else answer.raw if isinstance(answer, Reply) else encode(answer)
    gossip = router.clock.for_clients()
    extra: Document = {}
    if gossip is not None:
        time_of = request.operation_time if request is not None else None
        extra = {"$clusterTime": gossip, "operationTime": time_of or router.clock.time}
    return rebuild(raw, INTERNAL, encode(extra))
