"""The routers (mongos): clients find all of them by one SRV name."""

from __future__ import annotations

from infra.aws.components.group import Group


class Routers(Group):
    """The members' names, and `_mongodb._tcp.routers.<domain>`."""

    def _declare(self) -> None:
        self._service("_mongodb._tcp", "mongo")
