"""Which privileges commands on users and roles need. Pure."""

from __future__ import annotations

from typing import Any

from infra.router.bsonraw import Document, is_array, is_document
from infra.router.privileges import Need, need, whole_database
from infra.router.request import Request
from infra.router.rules import Rule


def _database_of(item: Any, default: str) -> str:
    return str(item.get("db", default)) if is_document(item) else default


def _grants(request: Request, action: str, roles: Any) -> list[Need]:
    return [need(whole_database(_database_of(role, request.database)), action) for role in roles or ()]


def _grants_of_privileges(privileges: Any, action: str) -> list[Need]:
    """Granting a privilege needs the action on its database; one beyond databases needs it on admin."""
    needs: list[Need] = []
    for privilege in privileges or ():
        resource: Document = privilege.get("resource", {}) if is_document(privilege) else {}
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
    needs: list[Need] = []
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
    if is_document(value) and value.get("forAllDBs"):
        return [need(whole_database("admin"), "viewUser")]
    named = value if is_array(value) else [value]
    needs: list[Need] = []
    for item in named:
        name = item.get("user") if is_document(item) else item
        database = _database_of(item, request.database)
        if user is None or (name, database) != (user.user, user.database):
            needs.append(need(whole_database(database), "viewUser"))
    return needs


def roles_info(request: Request) -> list[Need]:
    """rolesInfo."""
    value = request.command["rolesInfo"]
    named = value if is_array(value) else [value]
    return [need(whole_database(_database_of(item, request.database)), "viewRole") for item in named]
