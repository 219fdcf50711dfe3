"""The table of commands: which handler serves each."""

from __future__ import annotations

import logging

from infra.router import (
    aggregate,
    counting,
    cursors,
    ddl,
    explain,
    failpoints,
    findmodify,
    local,
    login,
    sharding,
    stats,
    transactions,
    writes,
)
from infra.router.core import Router
from infra.router.errors import CommandError
from infra.router.request import Answer, Request
from infra.router.sharding import Handler, on_config_primary

log = logging.getLogger(__name__)


async def on_owners(router: Router, request: Request) -> Answer:
    """A command that runs on every owner of the collection and tells nothing."""
    base = request.arguments()
    for answer in await router.versioned(request, request.namespace, lambda _: dict(base)):
        ddl.result(answer)
    return {"ok": 1.0}


async def fsync(router: Router, request: Request) -> Answer:
    """fsync: a checkpoint on every shard; locking is for members only, as on a mongos."""
    if request.command.get("lock"):
        raise CommandError(8, "can't do lock through mongos")
    replies = await stats.everywhere(router, request.derive({"fsync": 1}), {"fsync": 1}, "admin")
    shown = {answer.shard: ddl.result(answer) for answer in replies}
    return {"numFiles": sum(item.get("numFiles", 0) for item in shown.values()), "all": shown, "ok": 1.0}


_PLAIN_ON_CONFIG = (
    "getLog", "usersInfo", "rolesInfo", "getDefaultRWConcern", "features",
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
    "fsync": fsync,
    "invalidateUserCache": invalidate_users, "configureFailPoint": failpoints.configure_fail_point,
    **dict.fromkeys(("testVersion2", "testDeprecation"), local.okay),
    "getParameter": stats.get_parameter,
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
TEST_COMMANDS = frozenset({"configureFailPoint", "testVersion2", "testDeprecation"})
"""Exist only on a router that was started with --test-commands."""
ADMIN_ONLY = frozenset(
    {
        "listDatabases", "renameCollection", "listShards", "addShard", "removeShard", "enableSharding",
        "shardCollection", "moveChunk", "moveRange", "movePrimary", "split", "refineCollectionShardKey",
        "reshardCollection", "addShardToZone", "removeShardFromZone", "updateZoneKeyRange", "clearJumboFlag",
        "configureCollectionBalancing", "balancerStart", "balancerStop", "balancerStatus",
        "balancerCollectionStatus", "setFeatureCompatibilityVersion", "setClusterParameter",
        "flushRouterConfig",
        "getDefaultRWConcern", "setDefaultRWConcern", "getParameter", "getLog", "getCmdLineOpts", "killOp",
        "fsync",
        "configureFailPoint",
        "currentOp", "getShardMap", "getShardVersion", "getClusterParameter", "commitTransaction",
        "abortTransaction",
    }
)  # fmt: skip
