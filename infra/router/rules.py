"""The kinds of rules: which privileges a command needs, from its arguments. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from infra.router.errors import CommandError
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
    return lambda request: [need(own_collection(request), *actions), *bypass(request)]


def on_named(*actions: str) -> Rule:
    """Actions on the collection whose full name is the command's value."""
    return lambda request: [need(full(request.command[request.name]), *actions)]


def on_named_database(*actions: str) -> Rule:
    """Actions on the database that is the command's value."""

    def rule(request: Request) -> list[Need]:
        value = request.command[request.name]
        if not isinstance(value, str):
            raise CommandError(14, f"{request.name} needs a database name")
        return [need(whole_database(value), *actions)]

    return rule


def on_internal(database: str, name: str, *actions: str) -> Rule:
    """Actions on one of the cluster's own_collection collections."""
    return lambda request: [need(collection(database, name), *actions)]


def own_collection(request: Request) -> Resource:
    """The command's collection."""
    return collection(request.database, request.collection)


def bypass(request: Request) -> list[Need]:
    """What bypassDocumentValidation needs, when it is asked for."""
    return (
        [need(own_collection(request), "bypassDocumentValidation")]
        if request.command.get("bypassDocumentValidation")
        else []
    )


def full(namespace: Any) -> Resource:
    """The collection of a full name; CommandError 73 when it is none."""
    if not isinstance(namespace, str) or not all(namespace.partition(".")):
        raise CommandError(73, f"Invalid namespace specified '{namespace}'")
    database, _, name = namespace.partition(".")
    return collection(database, name)
