"""An etcd cluster: Patroni's leases."""

from __future__ import annotations

from infra.aws.components.group import Group


class Etcd(Group):
    """The members' names, their SRV name (etcd's DNS discovery), and the alarm of their majority."""

    def _declare(self) -> None:
        self._service("_etcd-server-ssl._tcp", "peer")
        self._majority_alarm(self._args.members)
