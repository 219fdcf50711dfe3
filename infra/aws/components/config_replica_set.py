"""The config servers: a replica set that holds the routing table."""

from __future__ import annotations

from infra.aws.components.group import Group


class ConfigReplicaSet(Group):
    """The members' names, and the alarm of their majority."""

    def _declare(self) -> None:
        self._majority_alarm(self._args.members)
