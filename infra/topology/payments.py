"""The payments domain: PostgreSQL under Patroni, its etcd, its proxies, its standby cluster."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from infra.topology.base import Count, Member, Name, Part


class Sync(Part):
    """Synchronous replication.

    mode: `first` = the listed standby acknowledges, `quorum` = any `count` of them do.
    count: how many standbys acknowledge a commit.
    on_loss: with too few standbys, `degrade` to asynchronous (writes go on, RPO 0 is given up)
    or `block` (RPO 0 is kept, writes stop).
    """

    mode: Literal["first", "quorum"] = "first"
    count: Count = 1
    on_loss: Literal["degrade", "block"] = "degrade"


class Standby(Part):
    """The standby cluster of the DR region: its own scope, its own etcd; a person promotes it."""

    name: Name = "payments-dr"
    members: tuple[Member, ...] = Field(min_length=1)
    etcd: tuple[Member, ...] = Field(min_length=1)


class Payments(Part):
    """One Patroni cluster (`name` is its scope) and what stands around it."""

    name: Name = "payments"
    members: tuple[Member, ...] = Field(min_length=1)
    sync: Sync = Sync()
    etcd: tuple[Member, ...] = Field(min_length=1)
    proxies: tuple[Member, ...] = Field(min_length=1)
    dr: Standby | None = None

    @property
    def etcd_group(self) -> str:
        """The name of the main region's etcd cluster."""
        return f"{self.name}-etcd"

    @property
    def dr_etcd_group(self) -> str | None:
        """The name of the DR region's etcd cluster; None without one."""
        return None if self.dr is None else f"{self.dr.name}-etcd"
