"""A region's network: a VPC, a private subnet in each zone, a way out through NAT, endpoints of services."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.aws.addresses import private_subnet, public_subnet
from infra.aws.components.base import Component

EVERYWHERE = "0.0.0.0/0"
SERVICES = ("ec2messages", "kms", "monitoring", "secretsmanager", "ssm", "ssmmessages")


@dataclass(frozen=True)
class NetworkArgs:
    """zones: topology's name -> availability zone. one_nat: a single NAT gateway, for cheap stacks."""

    region: str
    cidr: str
    zones: dict[str, str]
    one_nat: bool


class Network(Component):
    """subnets and tables are by the topology's zone. reach: what must be there before a host can call AWS."""

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        self.cidr = args.cidr
        self.vpc = aws.ec2.Vpc(
            name,
            cidr_block=args.cidr,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags={"Name": name},
            opts=self.child(),
        )
        # The default group is closed: what belongs to no role reaches nothing.
        aws.ec2.DefaultSecurityGroup(f"{name}-default", vpc_id=self.vpc.id, opts=self.child())
        self.reach: list[pulumi.Resource] = []
        self.tables = {zone: self._table(zone) for zone in args.zones}
        self.subnets = {zone: self._private(zone) for zone in args.zones}
        self._way_out()
        self.s3 = self._gateway_endpoint()
        self.endpoints = self._interface_endpoints()
        self.reach.append(self.s3)
        self.register_outputs({"vpc_id": self.vpc.id})

    def _table(self, zone: str) -> aws.ec2.RouteTable:
        name = f"{self._name}-{zone}"
        return aws.ec2.RouteTable(name, vpc_id=self.vpc.id, tags={"Name": name}, opts=self.child())

    def _private(self, zone: str) -> aws.ec2.Subnet:
        name = f"{self._name}-{zone}"
        subnet = aws.ec2.Subnet(
            name,
            vpc_id=self.vpc.id,
            availability_zone=self._args.zones[zone],
            cidr_block=private_subnet(self.cidr, self._args.zones[zone]),
            map_public_ip_on_launch=False,
            tags={"Name": name},
            opts=self.child(),
        )
        self.reach.append(self._associate(name, subnet, self.tables[zone]))
        return subnet

    def _associate(
        self, name: str, subnet: aws.ec2.Subnet, table: aws.ec2.RouteTable
    ) -> aws.ec2.RouteTableAssociation:
        return aws.ec2.RouteTableAssociation(
            name, subnet_id=subnet.id, route_table_id=table.id, opts=self.child()
        )

    def _way_out(self) -> None:
        """NAT gateways: each in a public subnet in which no host is ever placed."""
        gateway = aws.ec2.InternetGateway(
            self._name, vpc_id=self.vpc.id, tags={"Name": self._name}, opts=self.child()
        )
        table = aws.ec2.RouteTable(
            f"{self._name}-public",
            vpc_id=self.vpc.id,
            tags={"Name": f"{self._name}-public"},
            opts=self.child(),
        )
        aws.ec2.Route(
            f"{self._name}-public",
            route_table_id=table.id,
            destination_cidr_block=EVERYWHERE,
            gateway_id=gateway.id,
            opts=self.child(),
        )
        nats: dict[str, aws.ec2.NatGateway] = {}
        for zone in self._args.zones:
            if not (self._args.one_nat and nats):
                nats[zone] = self._nat(zone, table, gateway)
            nat = nats.get(zone) or next(iter(nats.values()))
            aws.ec2.Route(
                f"{self._name}-{zone}",
                route_table_id=self.tables[zone].id,
                destination_cidr_block=EVERYWHERE,
                nat_gateway_id=nat.id,
                opts=self.child(),
            )

    def _nat(
        self, zone: str, table: aws.ec2.RouteTable, gateway: aws.ec2.InternetGateway
    ) -> aws.ec2.NatGateway:
        name = f"{self._name}-nat-{zone}"
        subnet = aws.ec2.Subnet(
            name,
            vpc_id=self.vpc.id,
            availability_zone=self._args.zones[zone],
            cidr_block=public_subnet(self.cidr, self._args.zones[zone]),
            map_public_ip_on_launch=False,
            tags={"Name": name},
            opts=self.child(),
        )
        self._associate(name, subnet, table)
        address = aws.ec2.Eip(name, domain="vpc", tags={"Name": name}, opts=self.child())
        return aws.ec2.NatGateway(
            name,
            subnet_id=subnet.id,
            allocation_id=address.id,
            tags={"Name": name},
            # AWS refuses one in a network that has no way out yet
            opts=pulumi.ResourceOptions(parent=self, depends_on=[gateway]),
        )

    def _gateway_endpoint(self) -> aws.ec2.VpcEndpoint:
        return aws.ec2.VpcEndpoint(
            f"{self._name}-s3",
            vpc_id=self.vpc.id,
            service_name=f"com.amazonaws.{self._args.region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id for table in self.tables.values()],
            tags={"Name": f"{self._name}-s3"},
            opts=self.child(),
        )

    def _interface_endpoints(self) -> aws.ec2.SecurityGroup:
        """Endpoints of the services that hosts call; answers their security group, open to this VPC alone."""
        group = aws.ec2.SecurityGroup(
            f"{self._name}-endpoints",
            vpc_id=self.vpc.id,
            description="Endpoints of AWS services",
            tags={"Name": f"{self._name}-endpoints"},
            opts=self.child(),
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-endpoints",
            security_group_id=group.id,
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
            cidr_ipv4=self.cidr,
            description="hosts of this network",
            opts=self.child(),
        )
        for service in SERVICES:
            self.reach.append(self._interface_endpoint(service, group))
        return group

    def _interface_endpoint(self, service: str, group: aws.ec2.SecurityGroup) -> aws.ec2.VpcEndpoint:
        name = f"{self._name}-{service}"
        return aws.ec2.VpcEndpoint(
            name,
            vpc_id=self.vpc.id,
            service_name=f"com.amazonaws.{self._args.region}.{service}",
            vpc_endpoint_type="Interface",
            private_dns_enabled=True,
            subnet_ids=[subnet.id for subnet in self.subnets.values()],
            security_group_ids=[group.id],
            tags={"Name": name},
            opts=self.child(),
        )
