"""Does a user's set of privileges allow an action on a resource? Pure, as the servers decide it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

ANY_ACTION = "anyAction"
Resource = tuple[str, ...]
CLUSTER: Resource = ("cluster",)
ANY: Resource = ("any",)
_ANY_NORMAL: Resource = ("in", "", "")
_GUARDED = ("local", "config")
"""Databases that a privilege on all normal collections does not reach."""


def collection(database: str, name: str) -> Resource:
    """One collection."""
    return ("in", database, name)


def whole_database(name: str) -> Resource:
    """A database (its normal collections, and commands on it)."""
    return ("in", name, "")


@dataclass(frozen=True)
class Need:
    """All of `actions` on `resource`; or any one of the `alternatives` instead."""

    resource: Resource
    actions: tuple[str, ...]
    alternatives: tuple[Need, ...] = field(default_factory=tuple)


def need(resource: Resource, *actions: str, otherwise: tuple[Need, ...] = ()) -> Need:
    """A Need, shorter."""
    return Need(resource, actions, otherwise)


class Privileges:
    """What one user may do."""

    def __init__(self, granted: Iterable[dict[str, Any]]) -> None:
        self._actions: dict[Resource, set[str]] = {}
        for privilege in granted:
            resource = _parse(privilege["resource"])
            self._actions.setdefault(resource, set()).update(privilege["actions"])

    @classmethod
    def everything(cls) -> Privileges:
        """The members' own internal user."""
        return cls([{"resource": {"anyResource": True}, "actions": [ANY_ACTION]}])

    def allow(self, wanted: Need) -> bool:
        """All actions of the need, or one of its alternatives."""
        if all(self._has(wanted.resource, action) for action in wanted.actions):
            return True
        return any(self.allow(other) for other in wanted.alternatives)

    def _has(self, resource: Resource, action: str) -> bool:
        for candidate in _covering(resource):
            granted = self._actions.get(candidate)
            if granted and (action in granted or ANY_ACTION in granted):
                return True
        return False

    def any_on(self, resource: Resource) -> bool:
        """Any action at all on the resource."""
        return any(self._actions.get(candidate) for candidate in _covering(resource))

    def any_in_database(self, name: str) -> bool:
        """Any action on the database or on something in it."""
        if self.any_on(whole_database(name)):
            return True
        return any(r[0] == "in" and r[1] in (name, "") and r[2] for r in self._actions)


def _parse(resource: dict[str, Any]) -> Resource:
    if resource.get("cluster"):
        return CLUSTER
    if resource.get("anyResource"):
        return ANY
    if "db" in resource and "collection" in resource:
        return ("in", resource["db"], resource["collection"])
    return ("unknown", repr(resource))


def _covering(resource: Resource) -> list[Resource]:
    """The resources whose privileges cover this one, as the servers search them."""
    found = [ANY, resource]
    if resource[0] != "in":
        return found
    _, database, name = resource
    if not name:
        return found if database in _GUARDED else [*found, _ANY_NORMAL]
    if not name.startswith("system."):
        found.append(whole_database(database))
        if database not in _GUARDED:
            found.append(_ANY_NORMAL)
    found.append(("in", "", name))
    return found
