"""The private way between the primary and the DR region: a peering, and routes on both sides."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.aws.components.base import Component
from infra.aws.components.network import Network


@dataclass(frozen=True)
class PeeringArgs:
    """Both networks, and the provider of the DR region, which accepts."""

    primary: Network
    dr: Network
    dr_region: str
    dr_provider: aws.Provider


class Peering(Component):
    """One connection; replication and the archive's fetches pass here, nothing over the internet."""

    def __init__(self, name: str, args: PeeringArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__(name, opts)
        there = pulumi.ResourceOptions(parent=self, provider=args.dr_provider)
        connection = aws.ec2.VpcPeeringConnection(
            name,
            vpc_id=args.primary.vpc.id,
            peer_vpc_id=args.dr.vpc.id,
            peer_region=args.dr_region,
            tags={"Name": name},
            opts=self.child(),
        )
        accepter = aws.ec2.VpcPeeringConnectionAccepter(
            name, vpc_peering_connection_id=connection.id, auto_accept=True, tags={"Name": name}, opts=there
        )
        self._routes("to-dr", args.primary, args.dr, accepter, self.child())
        self._routes("to-primary", args.dr, args.primary, accepter, there)
        self.connection_id = accepter.vpc_peering_connection_id
        self.register_outputs({"connection_id": self.connection_id})

    def _routes(
        self,
        label: str,
        source: Network,
        target: Network,
        accepter: aws.ec2.VpcPeeringConnectionAccepter,
        opts: pulumi.ResourceOptions,
    ) -> None:
        for zone, table in source.tables.items():
            aws.ec2.Route(
                f"peering-{label}-{zone}",
                route_table_id=table.id,
                destination_cidr_block=target.cidr,
                # through the accepter, so that no route is made to a connection that is not accepted yet
                vpc_peering_connection_id=accepter.vpc_peering_connection_id,
                opts=opts,
            )
