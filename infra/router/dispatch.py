"""From a message to its reply: the table of commands and the checks that every command passes."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from bson.errors import BSONError

from infra.router import (
    aggregate,
    counting,
    cursors,
    ddl,
    explain,
    findmodify,
    local,
    login,
    sharding,
    statements,
    stats,
    transactions,
    writes,
)
from infra.router.apiversion import check_api
from infra.router.authorize import authorize, check
from infra.router.bsonraw import Document, decode, encode, rebuild
from infra.router.core import Router
from infra.router.errors import CommandError, MemberLost, host_unreachable
from infra.router.reply import INTERNAL, Reply
from infra.router.request import Answer, ClientState, Request, full_session
from infra.router.sharding import Handler, on_config_primary
from infra.router.wire import OP_QUERY, Message, WireError

log = logging.getLogger(__name__)


async def on_owners(router: Router, request: Request) -> Answer:
    """A command that runs on every owner of the collection and tells nothing."""
    base = request.arguments()
    for answer in await router.versioned(request, request.namespace, lambda _: dict(base)):
        ddl.result(answer)
    return {"ok": 1.0}


_PLAIN_ON_CONFIG = (
    "getParameter", "getLog", "usersInfo", "rolesInfo", "getDefaultRWConcern", "features",
    "getClusterParameter",
    "getShardMap",
)  # fmt: skip
_USER_CHANGES = (
    "createUser", "updateUser", "dropUser", "dropAllUsersFromDatabase", "grantRolesToUser",
    "revokeRolesFromUser", "createRole", "updateRole", "dropRole", "dropAllRolesFromDatabase",
    "grantRolesToRole", "revokeRolesFromRole", "grantPrivilegesToRole", "revokePrivilegesFromRole",
)  # fmt: skip


def changing_users() -> Handler:
    """A handler for changes to users and roles: they count on this router at once."""
    passing = on_config_primary()

    async def handler(router: Router, request: Request) -> Answer:
        try:
            return await passing(router, request)
        finally:
            router.users.changed()

    return handler


async def invalidate_users(router: Router, request: Request) -> Answer:
    """invalidateUserCache."""
    router.users.changed()
    return {"ok": 1.0}


COMMANDS: dict[str, Handler] = {
    **dict.fromkeys(("hello", "isMaster", "ismaster"), local.hello),
    **dict.fromkeys(("ping", "refreshSessions"), local.okay),
    **dict.fromkeys(("insert", "update", "delete"), writes.write),
    **dict.fromkeys(("findAndModify", "findandmodify"), findmodify.find_and_modify),
    "find": aggregate.find, "aggregate": aggregate.aggregate, "count": counting.count,
    "distinct": counting.distinct, "explain": explain.explain, "getMore": cursors.get_more,
    "killCursors": cursors.kill_cursors,
    "create": ddl.create, "createIndexes": ddl.create_indexes, "drop": ddl.drop, "collMod": ddl.modify,
    **dict.fromkeys(("dropIndexes", "deleteIndexes"), ddl.drop_indexes),
    "dropDatabase": ddl.drop_database, "renameCollection": ddl.rename,
    "listCollections": ddl.list_collections, "listIndexes": ddl.list_indexes,
    **dict.fromkeys(
        ("convertToCapped", "cloneCollectionAsCapped", "mapReduce", "mapreduce"), ddl.simple_at_primary
    ),
    "planCacheClear": on_owners,
    **dict.fromkeys(("collStats", "collstats"), stats.coll_stats),
    **dict.fromkeys(("dbStats", "dbstats"), stats.db_stats),
    **dict.fromkeys(("dataSize", "datasize"), stats.data_size),
    **dict.fromkeys(("buildInfo", "buildinfo"), stats.build_info),
    "validate": stats.validate, "listDatabases": stats.list_databases, "serverStatus": stats.server_status,
    "getCmdLineOpts": stats.command_line, "hostInfo": stats.host_info,
    "listShards": sharding.list_shards, "enableSharding": sharding.enable_sharding,
    "shardCollection": sharding.shard_collection, "split": sharding.split,
    **dict.fromkeys(("moveChunk", "moveRange"), sharding.move_range),
    "movePrimary": sharding.move_primary, "refineCollectionShardKey": sharding.refine_key,
    "reshardCollection": sharding.reshard, "flushRouterConfig": sharding.flush,
    "getShardVersion": sharding.shard_version, "killOp": sharding.kill_op,
    "addShard": on_config_primary("_configsvrAddShard", shards=True),
    "removeShard": on_config_primary("_configsvrRemoveShard", shards=True),
    "addShardToZone": on_config_primary("_configsvrAddShardToZone"),
    "removeShardFromZone": on_config_primary("_configsvrRemoveShardFromZone"),
    "updateZoneKeyRange": on_config_primary("_configsvrUpdateZoneKeyRange"),
    "clearJumboFlag": on_config_primary("_configsvrClearJumboFlag"),
    "configureCollectionBalancing": on_config_primary("_configsvrConfigureCollectionBalancing"),
    "balancerStart": on_config_primary("_configsvrBalancerStart", write_concern=False),
    "balancerStop": on_config_primary("_configsvrBalancerStop", write_concern=False),
    "balancerStatus": on_config_primary("_configsvrBalancerStatus", write_concern=False),
    "balancerCollectionStatus": on_config_primary("_configsvrBalancerCollectionStatus", write_concern=False),
    "setFeatureCompatibilityVersion": on_config_primary(),
    "setClusterParameter": on_config_primary(), "setDefaultRWConcern": local.set_defaults,
    **{name: on_config_primary(write_concern=False) for name in _PLAIN_ON_CONFIG},
    **{name: changing_users() for name in _USER_CHANGES},
    "invalidateUserCache": invalidate_users,
    "saslStart": login.sasl_start, "saslContinue": login.sasl_continue, "logout": login.logout,
    "connectionStatus": local.connection_status, "whatsmyuri": local.whats_my_uri,
    "isdbgrid": local.is_db_grid, "listCommands": local.list_commands, "currentOp": local.current_op,
    "startSession": local.start_session, "endSessions": local.end_sessions,
    "killSessions": local.kill_sessions, "killAllSessions": local.kill_all_sessions,
    "killAllSessionsByPattern": local.kill_by_pattern,
    "commitTransaction": transactions.commit, "abortTransaction": transactions.abort,
    **dict.fromkeys(("replSetGetStatus", "replSetGetConfig"), local.not_on_router),
}  # fmt: skip
"""Every command of the router; each has its rule in requirements.RULES."""

BEFORE_LOGIN = frozenset(
    {
        "hello", "isMaster", "ismaster", "ping", "buildInfo", "buildinfo", "saslStart", "saslContinue",
        "logout",
        "connectionStatus", "whatsmyuri", "isdbgrid",
    }
)  # fmt: skip
_ADMIN_ONLY = frozenset(
    {
        "listDatabases", "renameCollection", "listShards", "addShard", "removeShard", "enableSharding",
        "shardCollection", "moveChunk", "moveRange", "movePrimary", "split", "refineCollectionShardKey",
        "reshardCollection", "addShardToZone", "removeShardFromZone", "updateZoneKeyRange", "clearJumboFlag",
        "configureCollectionBalancing", "balancerStart", "balancerStop", "balancerStatus",
        "balancerCollectionStatus", "setFeatureCompatibilityVersion", "setClusterParameter",
        "flushRouterConfig",
        "getDefaultRWConcern", "setDefaultRWConcern", "getParameter", "getLog", "getCmdLineOpts", "killOp",
        "currentOp", "getShardMap", "getShardVersion", "getClusterParameter", "commitTransaction",
        "abortTransaction",
    }
)  # fmt: skip
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
_RETRYABLE = frozenset({"insert", "update", "delete", "findAndModify", "findandmodify"})


async def serve(router: Router, client: ClientState, message: Message) -> bytes:
    """The reply's body for one message: never raises but for cancellation."""
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
    if isinstance(inner, dict):
        command = inner
    name = next(iter(command), "")
    if name not in ("hello", "isMaster", "ismaster") or not message.namespace.endswith(".$cmd"):
        raise CommandError(
            352, f"Unsupported OP_QUERY command: {name}. The client driver may require an upgrade."
        )
    return {**command, "$db": message.namespace.partition(".")[0]}


async def _handle(router: Router, request: Request) -> Answer:
    handler = COMMANDS.get(request.name)
    if handler is None:
        raise CommandError(59, f"no such command: '{request.name}'")
    router.counters[request.name] += 1
    _check_arguments(request)
    needs: list[Any] = []
    if request.name not in BEFORE_LOGIN:
        needs = await authorize(router, request)
    if request.name in _ADMIN_ONLY and request.database != "admin":
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
    return await handler(router, request)


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
