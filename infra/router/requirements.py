"""Which privileges each command needs: the table by which the router fails closed. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from infra.router.bsonraw import decode
from infra.router.errors import CommandError
from infra.router.pipelines import stages, uses
from infra.router.pipelines import walk as walk_stages
from infra.router.privileges import CLUSTER, Need, Resource, collection, need, whole_database
from infra.router.request import Request

Rule = Callable[[Request], list[Need]]


def nothing(request: Request) -> list[Need]:
    """Any logged-in user; what the command shows or ends is limited to the user's own."""
    return []


def on_cluster(*actions: str) -> Rule:
    """Actions on the cluster."""
    return lambda request: [need(CLUSTER, *actions)]


def on_database(*actions: str) -> Rule:
    """Actions on the command's database."""
    return lambda request: [need(whole_database(request.database), *actions)]


def on_collection(*actions: str) -> Rule:
    """Actions on the command's collection."""
    return lambda request: [need(_own(request), *actions), *_bypass(request)]


def on_named(*actions: str) -> Rule:
    """Actions on the collection whose full name is the command's value."""
    return lambda request: [need(_full(request.command[request.name]), *actions)]


def on_named_database(*actions: str) -> Rule:
    """Actions on the database that is the command's value."""

    def rule(request: Request) -> list[Need]:
        value = request.command[request.name]
        if not isinstance(value, str):
            raise CommandError(14, f"{request.name} needs a database name")
        return [need(whole_database(value), *actions)]

    return rule


def on_internal(database: str, name: str, *actions: str) -> Rule:
    """Actions on one of the cluster's own collections."""
    return lambda request: [need(collection(database, name), *actions)]


def _own(request: Request) -> Resource:
    return collection(request.database, request.collection)


def _bypass(request: Request) -> list[Need]:
    return (
        [need(_own(request), "bypassDocumentValidation")]
        if request.command.get("bypassDocumentValidation")
        else []
    )


def _full(namespace: Any) -> Resource:
    if not isinstance(namespace, str) or not all(namespace.partition(".")):
        raise CommandError(73, f"Invalid namespace specified '{namespace}'")
    database, _, name = namespace.partition(".")
    return collection(database, name)


# -- data


def update(request: Request) -> list[Need]:
    """update: insert as well when a statement upserts."""
    upsert = any(decode(raw).get("upsert") for raw in request.documents("updates"))
    return [need(_own(request), "update", *(["insert"] if upsert else [])), *_bypass(request)]


def find_and_modify(request: Request) -> list[Need]:
    """findAndModify."""
    actions = ["find", "remove" if request.command.get("remove") else "update"]
    actions += ["insert"] if request.command.get("upsert") else []
    return [need(_own(request), *actions), *_bypass(request)]


def aggregate(request: Request) -> list[Need]:
    """aggregate: its source, and every namespace that a stage reads or writes."""
    return pipeline_needs(
        request.database, request.command[request.name], request.command.get("pipeline"), request.command
    )


def pipeline_needs(database: str, source: Any, pipeline: Any, command: dict[str, Any]) -> list[Need]:
    """The needs of a pipeline on a source collection (or 1)."""
    named = stages(pipeline)
    needs = _source_needs(database, source, named)
    for use in uses(database, pipeline):
        needs.append(need(collection(use.database, use.collection), *use.actions))
        if command.get("bypassDocumentValidation") and use.actions != ("find",):
            needs.append(need(collection(use.database, use.collection), "bypassDocumentValidation"))
    for name, argument in walk_stages(pipeline):
        needs += _stage_needs(database, source, name, argument)
    return needs


def _source_needs(database: str, source: Any, named: list[tuple[str, Any]]) -> list[Need]:
    first = named[0][0] if named else ""
    if first in (
        "$collStats",
        "$indexStats",
        "$planCacheStats",
        "$currentOp",
        "$listSessions",
        "$listLocalSessions",
        "$documents",
    ):
        return []
    if first == "$changeStream":
        return _change_stream_needs(database, source, named[0][1])
    if not isinstance(source, str):
        return [need(whole_database(database), "find")]
    return [need(collection(database, source), "find")]


def _change_stream_needs(database: str, source: Any, spec: Any) -> list[Need]:
    if isinstance(source, str):
        return [need(collection(database, source), "find", "changeStream")]
    if isinstance(spec, dict) and spec.get("allChangesForCluster"):
        return [need(("in", "", ""), "find", "changeStream")]
    return [need(whole_database(database), "find", "changeStream")]


def _stage_needs(database: str, source: Any, name: str, argument: Any) -> list[Need]:
    single = {"$collStats": "collStats", "$indexStats": "indexStats", "$planCacheStats": "planCacheRead"}
    if name in single:
        return [need(collection(database, str(source)), single[name])]
    if name == "$currentOp":
        return [need(CLUSTER, "inprog")]
    if name in ("$listSessions", "$listLocalSessions"):
        return [need(CLUSTER, "listSessions")]
    return []


def explain(request: Request) -> list[Need]:
    """explain: what the explained command needs."""
    inner = request.command["explain"]
    if not isinstance(inner, dict) or not inner:
        raise CommandError(14, "explain needs a command document")
    if "$db" in inner and inner["$db"] != request.database:
        raise CommandError(73, "Mismatched $db in explain command.")
    name = next(iter(inner))
    rule = RULES.get(name)
    if rule is None or name == "explain":
        raise CommandError(59, f"Explain failed due to unknown command: {name}")
    return rule(request.derive({**inner, "$db": request.database}))


def map_reduce(request: Request) -> list[Need]:
    """mapReduce: the source and the output collection."""
    needs = [need(_own(request), "find")]
    out = request.command.get("out")
    if isinstance(out, dict):
        target = next((out[k] for k in ("replace", "merge", "reduce") if k in out), None)
        database = out.get("db", request.database)
    else:
        target, database = out, request.database
    if target is not None:
        needs.append(need(collection(str(database), str(target)), "insert", "remove", "update"))
    return needs


# -- definitions


def create(request: Request) -> list[Need]:
    """create: a view needs the right to read what it shows, if its maker may read the view."""
    own, command = _own(request), request.command
    needs = [need(own, "convertToCapped")] if command.get("capped") else []
    if command.get("viewOn") is None:
        return [*needs, need(own, "createCollection", otherwise=(need(own, "insert"),))]
    return [*needs, need(own, "createCollection"), *_view_needs(request)]


def modify(request: Request) -> list[Need]:
    """collMod."""
    return [need(_own(request), "collMod"), *(_view_needs(request) if request.command.get("viewOn") else [])]


def _view_needs(request: Request) -> list[Need]:
    command = request.command
    return pipeline_needs(request.database, command["viewOn"], command.get("pipeline", []), {})


def rename(request: Request) -> list[Need]:
    """renameCollection: within a database its own action, across databases read and write."""
    source, target = _full(request.command["renameCollection"]), _full(request.command.get("to"))
    replaced = ["dropCollection"] if request.command.get("dropTarget") else []
    apart = [need(source, "find", "dropCollection"), need(target, "insert", "createIndex", *replaced)]
    system = source[2].startswith("system.") or target[2].startswith("system.")
    if source[1] != target[1] or system:
        return apart
    same = [need(whole_database(source[1]), "renameCollectionSameDB"), need(source, "find")]
    return [*same, *([need(target, *replaced)] if replaced else [])]


def list_collections(request: Request) -> list[Need]:
    """listCollections: with nameOnly and authorizedCollections any right in the database suffices."""
    wide = need(whole_database(request.database), "listCollections")
    if request.command.get("nameOnly") and request.command.get("authorizedCollections"):
        return []
    return [wide]


def current_op(request: Request) -> list[Need]:
    """currentOp."""
    return [need(CLUSTER, "inprog")]


def zone(name: str) -> Rule:
    """Zone commands: the cluster action, or the right to change the config collection."""
    other = need(collection("config", name), "find", "update")
    return lambda request: [need(CLUSTER, "enableSharding", otherwise=(other,))]


def clone_as_capped(request: Request) -> list[Need]:
    """cloneCollectionAsCapped."""
    target = collection(request.database, str(request.command.get("toCollection")))
    return [need(_own(request), "find"), need(target, "insert", "createIndex", "convertToCapped")]


# -- users and roles


def _database_of(item: Any, default: str) -> str:
    return str(item.get("db", default)) if isinstance(item, dict) else default


def _grants(request: Request, action: str, roles: Any) -> list[Need]:
    return [need(whole_database(_database_of(role, request.database)), action) for role in roles or ()]


def _grants_of_privileges(privileges: Any, action: str) -> list[Need]:
    """Granting a privilege needs the action on its database; one beyond databases needs it on admin."""
    needs = []
    for privilege in privileges or ():
        resource = privilege.get("resource", {}) if isinstance(privilege, dict) else {}
        needs.append(need(whole_database(resource.get("db") or "admin"), action))
    return needs


def create_user(request: Request) -> list[Need]:
    """createUser."""
    needs = [need(whole_database(request.database), "createUser")]
    if request.command.get("authenticationRestrictions"):
        needs.append(need(whole_database(request.database), "setAuthenticationRestriction"))
    return needs + _grants(request, "grantRole", request.command.get("roles"))


def update_user(request: Request) -> list[Need]:
    """updateUser: one's own password and data need less."""
    command, user = request.command, request.client.user
    own = user is not None and (command["updateUser"], request.database) == (user.user, user.database)
    database = whole_database(request.database)
    needs = []
    for argument, own_action, action in (
        ("pwd", "changeOwnPassword", "changePassword"), ("customData", "changeOwnCustomData",
        "changeCustomData")
    ):  # fmt: skip
        if argument in command:
            needs.append(need(database, action, otherwise=(need(database, own_action),) if own else ()))
    if "roles" in command:
        needs += [need(database, "revokeRole"), *_grants(request, "grantRole", command["roles"])]
    if "authenticationRestrictions" in command:
        needs.append(need(database, "setAuthenticationRestriction"))
    return needs or [need(database, "changePassword")]


def granting_roles(action: str) -> Rule:
    """grantRolesTo* and revokeRolesFrom*: the action on each role's database."""

    def rule(request: Request) -> list[Need]:
        return _grants(request, action, request.command.get("roles")) or [
            need(whole_database(request.database), action)
        ]

    return rule


def granting_privileges(action: str) -> Rule:
    """grantPrivilegesToRole and revokePrivilegesFromRole."""

    def rule(request: Request) -> list[Need]:
        needs = _grants_of_privileges(request.command.get("privileges"), action)
        return needs or [need(whole_database(request.database), action)]

    return rule


def create_role(request: Request) -> list[Need]:
    """createRole."""
    return [need(whole_database(request.database), "createRole"), *_role_content(request)]


def update_role(request: Request) -> list[Need]:
    """updateRole."""
    return [need(whole_database(request.database), "revokeRole"), *_role_content(request)]


def _role_content(request: Request) -> list[Need]:
    granted = _grants(request, "grantRole", request.command.get("roles"))
    return granted + _grants_of_privileges(request.command.get("privileges"), "grantRole")


def users_info(request: Request) -> list[Need]:
    """usersInfo: everybody may see himself."""
    value, user = request.command["usersInfo"], request.client.user
    if isinstance(value, dict) and value.get("forAllDBs"):
        return [need(whole_database("admin"), "viewUser")]
    named = value if isinstance(value, list) else [value]
    needs = []
    for item in named:
        name = item.get("user") if isinstance(item, dict) else item
        database = _database_of(item, request.database)
        if user is None or (name, database) != (user.user, user.database):
            needs.append(need(whole_database(database), "viewUser"))
    return needs


def roles_info(request: Request) -> list[Need]:
    """rolesInfo."""
    value = request.command["rolesInfo"]
    named = value if isinstance(value, list) else [value]
    return [need(whole_database(_database_of(item, request.database)), "viewRole") for item in named]


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
