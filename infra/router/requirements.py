"""Which privileges each command needs: the table by which the router fails closed. Pure."""

from __future__ import annotations

from infra.router.bsonraw import is_document
from infra.router.errors import CommandError
from infra.router.privileges import Need
from infra.router.request import Request
from infra.router.rules import (
    Rule,
    nothing,
    on_cluster,
    on_collection,
    on_database,
    on_internal,
    on_named,
    on_named_database,
)
from infra.router.rules_data import (
    aggregate,
    clone_as_capped,
    create,
    current_op,
    find_and_modify,
    list_collections,
    map_reduce,
    modify,
    rename,
    update,
    zone,
)
from infra.router.rules_users import (
    create_role,
    create_user,
    granting_privileges,
    granting_roles,
    roles_info,
    update_role,
    update_user,
    users_info,
)


def explain(request: Request) -> list[Need]:
    """explain: what the explained command needs."""
    inner = request.command["explain"]
    if not is_document(inner) or not inner:
        raise CommandError(14, "explain needs a command document")
    if "$db" in inner and inner["$db"] != request.database:
        raise CommandError(73, "Mismatched $db in explain command.")
    name = next(iter(inner))
    rule = RULES.get(name)
    if rule is None or name == "explain":
        raise CommandError(59, f"Explain failed due to unknown command: {name}")
    return rule(request.derive({**inner, "$db": request.database}))


RULES: dict[str, Rule] = {
    # open to every logged-in user
    **dict.fromkeys(
        (
            "hello", "isMaster", "ismaster", "ping", "buildInfo", "buildinfo", "connectionStatus",
            "whatsmyuri",
            "saslStart", "saslContinue", "logout", "isdbgrid", "startSession", "endSessions",
            "refreshSessions",
            "killSessions", "getMore", "killCursors", "commitTransaction", "abortTransaction",
            "listDatabases",
            "listCommands", "features",
        ),
        nothing,
    ),
    # data
    "find": on_collection("find"), "count": on_collection("find"), "distinct": on_collection("find"),
    "insert": on_collection("insert"), "update": update, "delete": on_collection("remove"),
    "findAndModify": find_and_modify, "findandmodify": find_and_modify, "aggregate": aggregate,
    "explain": explain, "mapReduce": map_reduce, "mapreduce": map_reduce,
    # definitions
    "create": create, "collMod": modify, "drop": on_collection("dropCollection"),
    "dropDatabase": on_database("dropDatabase"), "createIndexes": on_collection("createIndex"),
    "dropIndexes": on_collection("dropIndex"), "deleteIndexes": on_collection("dropIndex"),
    "renameCollection": rename, "convertToCapped": on_collection("convertToCapped"),
    "cloneCollectionAsCapped": clone_as_capped, "listCollections": list_collections,
    "listIndexes": on_collection("listIndexes"),
    # figures
    "collStats": on_collection("collStats"), "collstats": on_collection("collStats"),
    "dataSize": on_named("find"), "datasize": on_named("find"), "validate": on_collection("validate"),
    "dbStats": on_database("dbStats"), "dbstats": on_database("dbStats"),
    "serverStatus": on_cluster("serverStatus"), "hostInfo": on_cluster("hostInfo"),
    "getLog": on_cluster("getLog"), "getParameter": on_cluster("getParameter"),
    "getCmdLineOpts": on_cluster("getCmdLineOpts"), "currentOp": current_op, "killOp": on_cluster("killop"),
    "fsync": on_cluster("fsync"),
    "planCacheClear": on_collection("planCacheWrite"),
    # the cluster
    "listShards": on_cluster("listShards"), "addShard": on_cluster("addShard"),
    "removeShard": on_cluster("removeShard"), "enableSharding": on_named_database("enableSharding"),
    "shardCollection": on_named("enableSharding"), "moveChunk": on_named("moveChunk"),
    "moveRange": on_named("moveChunk"), "movePrimary": on_named_database("moveChunk"),
    "split": on_named("splitChunk"),
    "refineCollectionShardKey": on_named("refineCollectionShardKey"),
    "reshardCollection": on_named("reshardCollection"),
    "balancerStart": on_internal("config", "settings", "update"),
    "balancerStop": on_internal("config", "settings", "update"),
    "balancerStatus": on_internal("config", "settings", "find"),
    "balancerCollectionStatus": on_named("enableSharding"),
    "configureCollectionBalancing": on_named("enableSharding"), "clearJumboFlag": on_named("clearJumboFlag"),
    "addShardToZone": zone("shards"), "removeShardFromZone": zone("shards"),
    "updateZoneKeyRange": zone("tags"),
    "flushRouterConfig": on_cluster("flushRouterConfig"), "getShardMap": on_cluster("getShardMap"),
    "getShardVersion": on_named("getShardVersion"),
    "getDefaultRWConcern": on_cluster("getDefaultRWConcern"),
    "setDefaultRWConcern": on_cluster("setDefaultRWConcern"),
    "setFeatureCompatibilityVersion": on_cluster("setFeatureCompatibilityVersion"),
    "getClusterParameter": on_cluster("getClusterParameter"),
    "setClusterParameter": on_cluster("setClusterParameter"),
    # as on a mongos: with test commands every logged-in user may use them, without they do not exist
    **dict.fromkeys(("configureFailPoint", "testVersion2", "testDeprecation"), nothing),
    "killAllSessions": on_cluster("killAnySession"), "killAllSessionsByPattern": on_cluster("killAnySession"),
    # users and roles
    "createUser": create_user, "updateUser": update_user, "dropUser": on_database("dropUser"),
    "dropAllUsersFromDatabase": on_database("dropUser"), "grantRolesToUser": granting_roles("grantRole"),
    "revokeRolesFromUser": granting_roles("revokeRole"), "usersInfo": users_info, "rolesInfo": roles_info,
    "createRole": create_role, "updateRole": update_role, "dropRole": on_database("dropRole"),
    "dropAllRolesFromDatabase": on_database("dropRole"), "grantRolesToRole": granting_roles("grantRole"),
    "revokeRolesFromRole": granting_roles("revokeRole"),
    "grantPrivilegesToRole": granting_privileges("grantRole"),
    "revokePrivilegesFromRole": granting_privileges("revokeRole"),
    "invalidateUserCache": on_cluster("invalidateUserCache"),
    # members only
    **dict.fromkeys(("replSetGetStatus", "replSetGetConfig"), nothing),
}  # fmt: skip
