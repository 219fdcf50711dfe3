"""EC2, the network: VPCs, subnets, gateways, routes, endpoints, peerings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from infra.aws.local.backend import Answer
from infra.aws.local.graph import Resource
from infra.aws.local.kinds import Kind
from infra.aws.local.table import Table, first, pick, specified
from infra.aws.local.values import as_list, as_map, bare

_DNS = {"enableDnsHostnames": "EnableDnsHostnames", "enableDnsSupport": "EnableDnsSupport"}


def _set_dns(client: Any, resource: Resource, identity: str) -> None:
    for name, field in _DNS.items():
        if name in resource.inputs:
            client.modify_vpc_attribute(VpcId=identity, **{field: {"Value": bool(resource.inputs[name])}})


def _dns(client: Any, resource: Resource, _: Mapping[str, Any]) -> Mapping[str, Any]:
    def asked(name: str) -> bool:
        told = client.describe_vpc_attribute(VpcId=resource.id, Attribute=name)
        return told[_DNS[name]]["Value"]

    return {name: asked(name) for name in _DNS if name in resource.inputs}


VPC = Table(
    type="aws:ec2/vpc:Vpc",
    service="ec2",
    create="create_vpc",
    made="Vpc",
    id="VpcId",
    find=("describe_vpcs", {"VpcIds": ["{id}"]}),
    found="Vpcs",
    delete=("delete_vpc", {"VpcId": "{id}"}),
    fields={"cidrBlock": "CidrBlock"},
    tags=specified("vpc"),
    after=_set_dns,
    told=_dns,
)
SUBNET = Table(
    type="aws:ec2/subnet:Subnet",
    service="ec2",
    create="create_subnet",
    made="Subnet",
    id="SubnetId",
    find=("describe_subnets", {"SubnetIds": ["{id}"]}),
    found="Subnets",
    delete=("delete_subnet", {"SubnetId": "{id}"}),
    fields={"vpcId": "VpcId", "cidrBlock": "CidrBlock", "availabilityZone": "AvailabilityZone"},
    told=lambda client, resource, found: {"mapPublicIpOnLaunch": found["MapPublicIpOnLaunch"]},
    tags=specified("subnet"),
)
INTERNET_GATEWAY = Table(
    type="aws:ec2/internetGateway:InternetGateway",
    service="ec2",
    create="create_internet_gateway",
    made="InternetGateway",
    id="InternetGatewayId",
    find=("describe_internet_gateways", {"InternetGatewayIds": ["{id}"]}),
    found="InternetGateways",
    delete=("delete_internet_gateway", {"InternetGatewayId": "{id}"}),
    tags=specified("internet-gateway"),
    after=lambda client, resource, id: client.attach_internet_gateway(
        InternetGatewayId=id, VpcId=bare(resource.inputs["vpcId"])
    ),
    told=lambda client, resource, found: {"vpcId": pick(found, "Attachments.VpcId")},
)


def _delete_gateway(client: Any, resource: Resource) -> None:
    client.detach_internet_gateway(InternetGatewayId=resource.id, VpcId=bare(resource.inputs["vpcId"]))
    client.delete_internet_gateway(InternetGatewayId=resource.id)


ADDRESS = Table(
    type="aws:ec2/eip:Eip",
    service="ec2",
    create="allocate_address",
    made="",
    id="AllocationId",
    find=("describe_addresses", {"AllocationIds": ["{id}"]}),
    found="Addresses",
    delete=("release_address", {"AllocationId": "{id}"}),
    fields={"domain": "Domain"},
    outputs={"publicIp": "PublicIp", "allocationId": "AllocationId"},
    tags=specified("elastic-ip"),
)
NAT_GATEWAY = Table(
    type="aws:ec2/natGateway:NatGateway",
    service="ec2",
    create="create_nat_gateway",
    made="NatGateway",
    id="NatGatewayId",
    find=("describe_nat_gateways", {"NatGatewayIds": ["{id}"]}),
    found="NatGateways",
    delete=("delete_nat_gateway", {"NatGatewayId": "{id}"}),
    fields={"allocationId": "AllocationId", "subnetId": "SubnetId", "connectivityType": "ConnectivityType"},
    tags=specified("natgateway"),
    lives=lambda found: found["State"] not in ("deleted", "deleting"),
)
ROUTE_TABLE = Table(
    type="aws:ec2/routeTable:RouteTable",
    service="ec2",
    create="create_route_table",
    made="RouteTable",
    id="RouteTableId",
    find=("describe_route_tables", {"RouteTableIds": ["{id}"]}),
    found="RouteTables",
    delete=("delete_route_table", {"RouteTableId": "{id}"}),
    fields={"vpcId": "VpcId"},
    tags=specified("route-table"),
)
ENDPOINT = Table(
    type="aws:ec2/vpcEndpoint:VpcEndpoint",
    service="ec2",
    create="create_vpc_endpoint",
    made="VpcEndpoint",
    id="VpcEndpointId",
    find=("describe_vpc_endpoints", {"VpcEndpointIds": ["{id}"]}),
    found="VpcEndpoints",
    delete=("delete_vpc_endpoints", {"VpcEndpointIds": ["{id}"]}),
    fields={
        "vpcId": "VpcId",
        "serviceName": "ServiceName",
        "vpcEndpointType": "VpcEndpointType",
        "subnetIds": "SubnetIds",
        "routeTableIds": "RouteTableIds",
        "securityGroupIds": "SecurityGroupIds",
        "privateDnsEnabled": "PrivateDnsEnabled",
        "policy": "PolicyDocument",
    },
    tags=specified("vpc-endpoint"),
    lives=lambda found: found["State"].lower() not in ("deleted", "deleting"),
)


def _endpoint(client: Any, resource: Resource) -> Answer:
    """A gateway endpoint has a prefix list, which rules name: the provider looks it up by the service."""
    made = ENDPOINT.kind().create(client, resource)
    if resource.inputs.get("vpcEndpointType") != "Gateway":
        return made
    wanted = [{"Name": "prefix-list-name", "Values": [bare(resource.inputs["serviceName"])]}]
    found = first(client.describe_managed_prefix_lists(Filters=wanted)["PrefixLists"])
    assert found is not None, f"no prefix list for {resource.label}"
    return replace(made, outputs={**made.outputs, "prefixListId": found["PrefixListId"]})


PEERING = Table(
    type="aws:ec2/vpcPeeringConnection:VpcPeeringConnection",
    service="ec2",
    create="create_vpc_peering_connection",
    made="VpcPeeringConnection",
    id="VpcPeeringConnectionId",
    find=("describe_vpc_peering_connections", {"VpcPeeringConnectionIds": ["{id}"]}),
    found="VpcPeeringConnections",
    delete=("delete_vpc_peering_connection", {"VpcPeeringConnectionId": "{id}"}),
    fields={"vpcId": "VpcId", "peerVpcId": "PeerVpcId", "peerRegion": "PeerRegion"},
    told=lambda client, resource, found: {
        "vpcId": pick(found, "RequesterVpcInfo.VpcId"),
        "peerVpcId": pick(found, "AccepterVpcInfo.VpcId"),
        "peerRegion": pick(found, "AccepterVpcInfo.Region"),
    },
    tags=specified("vpc-peering-connection"),
    lives=lambda found: found["Status"]["Code"] != "deleted",
)


def _accept(client: Any, resource: Resource) -> Answer:
    identity = bare(resource.inputs["vpcPeeringConnectionId"])
    client.accept_vpc_peering_connection(VpcPeeringConnectionId=identity)
    return Answer(identity, {})


def _accepted(client: Any, resource: Resource) -> Mapping[str, Any] | None:
    told = client.describe_vpc_peering_connections(VpcPeeringConnectionIds=[resource.id])
    found = first(told["VpcPeeringConnections"])
    return {"autoAccept": found["Status"]["Code"] == "active"} if found else None


ACCEPTER = Kind(
    "aws:ec2/vpcPeeringConnectionAccepter:VpcPeeringConnectionAccepter",
    "ec2",
    _accept,
    _accepted,
    lambda client, resource: None,  # the connection is deleted by its own resource
)
_TARGETS = {
    "gatewayId": "GatewayId",
    "natGatewayId": "NatGatewayId",
    "vpcPeeringConnectionId": "VpcPeeringConnectionId",
    "networkInterfaceId": "NetworkInterfaceId",
}


def _route(client: Any, resource: Resource) -> Answer:
    inputs = bare(resource.inputs)
    target = {field: inputs[name] for name, field in _TARGETS.items() if name in inputs}
    table, block = inputs["routeTableId"], inputs["destinationCidrBlock"]
    client.create_route(RouteTableId=table, DestinationCidrBlock=block, **target)
    return Answer(f"{table}_{block}")


def _route_read(client: Any, resource: Resource) -> Mapping[str, Any] | None:
    table, _, block = resource.id.partition("_")
    found = first(client.describe_route_tables(RouteTableIds=[table])["RouteTables"])
    routes = as_list(as_map(found).get("Routes"))
    route = next((item for item in routes if item.get("DestinationCidrBlock") == block), None)
    if route is None:
        return None
    return {name: route.get(field) for name, field in _TARGETS.items() if name in resource.inputs}


def _route_delete(client: Any, resource: Resource) -> None:
    table, _, block = resource.id.partition("_")
    client.delete_route(RouteTableId=table, DestinationCidrBlock=block)


def _associate(client: Any, resource: Resource) -> Answer:
    inputs = bare(resource.inputs)
    made = client.associate_route_table(RouteTableId=inputs["routeTableId"], SubnetId=inputs["subnetId"])
    return Answer(made["AssociationId"])


def _associated(client: Any, resource: Resource) -> Mapping[str, Any] | None:
    wanted = [{"Name": "association.route-table-association-id", "Values": [resource.id]}]
    for table in client.describe_route_tables(Filters=wanted)["RouteTables"]:
        for item in table["Associations"]:
            if item["RouteTableAssociationId"] == resource.id:
                return {"routeTableId": item["RouteTableId"], "subnetId": item.get("SubnetId")}
    return None


KINDS = (
    *(table.kind() for table in (VPC, SUBNET, ADDRESS, NAT_GATEWAY, ROUTE_TABLE)),
    replace(INTERNET_GATEWAY.kind(), delete=_delete_gateway),
    replace(ENDPOINT.kind(), create=_endpoint),
    PEERING.kind(),
    ACCEPTER,
    Kind("aws:ec2/route:Route", "ec2", _route, _route_read, _route_delete),
    Kind(
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        "ec2",
        _associate,
        _associated,
        lambda client, resource: client.disassociate_route_table(AssociationId=resource.id),
    ),
)
