"""The private zone in which hosts, members and services have their names, in every region's network."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.aws.components.base import Component
from infra.aws.components.network import Network
from infra.aws.site import Site


@dataclass(frozen=True)
class PrivateDnsArgs:
    """networks: region -> network that sees the zone."""

    site: Site
    networks: dict[str, Network]


class PrivateDns(Component):
    """zone_id: of the zone."""

    def __init__(self, name: str, args: PrivateDnsArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__(name, opts)
        zone = aws.route53.Zone(
            name,
            name=args.site.domain,
            comment=f"{args.site.prefix}: hosts, members and services",
            vpcs=[
                aws.route53.ZoneVpcArgs(vpc_id=network.vpc.id, vpc_region=region)
                for region, network in args.networks.items()
            ],
            force_destroy=not args.site.care.protected,
            opts=args.site.care.options(self),
        )
        self.zone_id = zone.zone_id
        self.register_outputs({"zone_id": self.zone_id})
