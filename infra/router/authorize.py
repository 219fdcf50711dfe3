"""May this user run this command? Refuses what is not explicitly allowed."""

from __future__ import annotations

from infra.router.core import Router
from infra.router.errors import CommandError
from infra.router.privileges import CLUSTER, Need, Privileges, collection, need, whole_database
from infra.router.request import Request
from infra.router.requirements import RULES


def unauthorized(request: Request) -> CommandError:
    """The error of a missing privilege."""
    value = request.command.get(request.name)
    shown = value if isinstance(value, (str, int, float)) else "..."
    return CommandError(
        13, f'not authorized on {request.database} to execute command {{ {request.name}: "{shown}" }}'
    )


def require_login(router: Router, request: Request) -> None:
    """CommandError 13 for a client that is not logged in, whatever else is wrong with its command."""
    if router.authenticate and request.client.user is None:
        raise CommandError(13, f"command {request.name} requires authentication")


async def authorize(router: Router, request: Request) -> list[Need]:
    """The needs that were met; CommandError 13 for a missing privilege or login."""
    if not router.authenticate:
        return []
    account = await router.users.of(request.client)
    if account is None:
        raise CommandError(13, f"command {request.name} requires authentication")
    needs = RULES[request.name](request)
    check(account.privileges, needs, request)
    if (
        request.name == "listCollections"
        and not needs
        and not account.privileges.any_in_database(request.database)
    ):
        raise unauthorized(request)
    return needs


def check(privileges: Privileges, needs: list[Need], request: Request) -> None:
    """CommandError 13 unless all needs are met."""
    if not all(privileges.allow(wanted) for wanted in needs):
        raise unauthorized(request)


def _privileges(router: Router, request: Request) -> Privileges:
    if not router.authenticate:
        return Privileges.everything()
    return request.client.account.privileges


def can_list_all(router: Router, request: Request) -> bool:
    """May see every collection of the database, and did not ask for less."""
    wanted = need(whole_database(request.database), "listCollections")
    allowed = _privileges(router, request).allow(wanted)
    narrowed = request.command.get("nameOnly") and request.command.get("authorizedCollections")
    find_all = _privileges(router, request).any_on(whole_database(request.database))
    return allowed and (not narrowed or find_all)


def visible_collections(router: Router, request: Request, names: list[str]) -> set[str]:
    """The collections on which the user has any right."""
    privileges = _privileges(router, request)
    return {name for name in names if privileges.any_on(collection(request.database, name))}


def can_list_databases(router: Router, request: Request) -> bool:
    """May see every database."""
    return _privileges(router, request).allow(need(CLUSTER, "listDatabases"))


def visible_database(router: Router, request: Request, name: str) -> bool:
    """Has any right in the database."""
    return _privileges(router, request).any_in_database(name)


def may(router: Router, request: Request, wanted: Need) -> bool:
    """One need."""
    return _privileges(router, request).allow(wanted)
