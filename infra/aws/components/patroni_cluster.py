"""The payments domain's PostgreSQL members under Patroni."""

from __future__ import annotations

from infra.aws.components.group import Group


class PatroniCluster(Group):
    """The members' names, and an alarm as soon as too few are left for a failover without loss."""

    def _declare(self) -> None:
        self._majority_alarm(self._args.members)
