"""The standby cluster of the DR region: its own scope and its own etcd; a person promotes it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from infra.aws.components.base import Component
from infra.aws.components.etcd import Etcd
from infra.aws.components.group import GroupArgs
from infra.aws.components.patroni_cluster import PatroniCluster


@dataclass(frozen=True)
class DrStandbyArgs:
    """The members of both groups; `size` as the topology says, told in the outputs."""

    scope: str
    etcd_group: str
    members: GroupArgs
    etcd: GroupArgs
    size: str


class DrStandby(Component):
    """names: member -> its private DNS name."""

    def __init__(self, name: str, args: DrStandbyArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__(name, opts)
        cluster = PatroniCluster(args.scope, args.members, self.child())
        etcd = Etcd(args.etcd_group, args.etcd, self.child())
        self.names = {**cluster.names, **etcd.names}
        self.register_outputs({"size": args.size, "names": self.names})
