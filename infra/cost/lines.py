"""One line a resource that is paid by the month: how much of what; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from app_core.errors import UsageError
from infra.aws.local import types
from infra.aws.local.graph import Graph, Resource
from infra.aws.local.values import as_map
from infra.cost.prices import HOURS, Prices
from infra.topology.aws import FREE_IOPS

FREE_MIBPS = 125  # what gp3 includes, beside FREE_IOPS
# What AWS does not bill, or bills by use alone (`NOT_INCLUDED` of the report). What is neither here nor in
# _ITEMS is told as unpriced.
FREE = frozenset({
    "aws:backup/plan:Plan",
    "aws:backup/selection:Selection",
    "aws:backup/vault:Vault",
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration",
    "aws:budgets/budget:Budget",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    "aws:ec2/internetGateway:InternetGateway",
    "aws:ec2/route:Route",
    "aws:ec2/routeTable:RouteTable",
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:ec2/subnet:Subnet",
    "aws:ec2/volumeAttachment:VolumeAttachment",
    "aws:ec2/vpc:Vpc",
    "aws:ec2/vpcPeeringConnection:VpcPeeringConnection",
    "aws:ec2/vpcPeeringConnectionAccepter:VpcPeeringConnectionAccepter",
    "aws:iam/instanceProfile:InstanceProfile",
    "aws:iam/role:Role",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:kms/alias:Alias",
    "aws:lb/listener:Listener",
    "aws:lb/targetGroup:TargetGroup",
    "aws:lb/targetGroupAttachment:TargetGroupAttachment",
    "aws:route53/record:Record",
    "aws:secretsmanager/secretVersion:SecretVersion",
    "aws:sns/topic:Topic",
    "aws:sns/topicPolicy:TopicPolicy",
    "aws:sns/topicSubscription:TopicSubscription",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    *(f"aws:s3/bucket{what}:Bucket{what}" for what in (
        "", "LifecycleConfiguration", "ObjectLockConfiguration", "OwnershipControls", "Policy",
        "PublicAccessBlock", "ReplicationConfig", "ServerSideEncryptionConfiguration", "Versioning",
    )),
})  # fmt: skip
Item = tuple[str, float]  # the rate's name, and how much of it


@dataclass(frozen=True)
class Line:
    """usd: a month; None = there is no price for it. item: the rate's name, or the resource's type."""

    resource: Resource
    item: str
    usd: float | None


def lines(graph: Graph, prices: Mapping[str, Prices]) -> list[Line]:
    """Every paid item of every resource. UsageError names instance types without a price."""
    _check_instances(graph, prices)
    return [line for resource in graph.cloud for line in _lines(resource, prices[resource.region])]


def _check_instances(graph: Graph, prices: Mapping[str, Prices]) -> None:
    used = {(str(host.inputs["instanceType"]), host.region) for host in graph.of(types.INSTANCE)}
    missing = sorted(f"{kind} in {region}" for kind, region in used if kind not in prices[region].instances)
    if missing:
        region = missing[0].rpartition(" ")[2]
        raise UsageError("an instance type has no price", on=", ".join(missing),
                         hint=f"add it to infra/prices/{region}.json, or choose another type")  # fmt: skip


def _lines(resource: Resource, prices: Prices) -> Iterator[Line]:
    if resource.type == types.INSTANCE:
        kind = str(resource.inputs["instanceType"])
        yield Line(resource, kind, prices.instances[kind] * HOURS)
    elif resource.type not in _ITEMS and resource.type not in FREE:
        yield Line(resource, resource.type, None)
    for rate, amount in _ITEMS.get(resource.type, _nothing)(resource):
        price = prices.rates.get(rate)
        hours = HOURS if rate.endswith("_hour") else 1
        yield Line(resource, rate, None if price is None else price * amount * hours)


def _nothing(_: Resource) -> list[Item]:
    return []


def _gp3(gib: float, iops: float = 0, mibps: float = 0) -> list[Item]:
    more = [("gp3_iops_month", iops - FREE_IOPS), ("gp3_mibps_month", mibps - FREE_MIBPS)]
    return [("gp3_gib_month", gib), *(item for item in more if item[1] > 0)]


def _instance(resource: Resource) -> list[Item]:
    root = as_map(resource.inputs.get("rootBlockDevice"))
    watched = [("detailed_monitoring_month", 1.0)] if resource.inputs.get("monitoring") is True else []
    return [*_gp3(root.get("volumeSize", 0)), *watched]


def _volume(resource: Resource) -> list[Item]:
    inputs = resource.inputs
    return _gp3(inputs.get("size", 0), inputs.get("iops", 0), inputs.get("throughput", 0))


def _endpoint(resource: Resource) -> list[Item]:
    """Gateway endpoints are free; others cost by zone."""
    if resource.inputs.get("vpcEndpointType") != "Interface":
        return []
    return [("interface_endpoint_zone_hour", float(len(resource.inputs.get("subnetIds", ()))))]


def _alarm(resource: Resource) -> list[Item]:
    """By the metrics that an alarm reads."""
    queries = [query for query in resource.inputs.get("metricQueries", ()) if "metric" in query]
    return [("alarm_metric_month", float(len(queries) or 1))]


def _secret(resource: Resource) -> list[Item]:
    """A copy in another region is a secret of its own."""
    return [("secret_month", 1.0 + len(resource.inputs.get("replicas", ())))]


_ITEMS: Mapping[str, Callable[[Resource], list[Item]]] = {
    types.INSTANCE: _instance,
    types.VOLUME: _volume,
    types.ENDPOINT: _endpoint,
    types.ALARM: _alarm,
    types.SECRET: _secret,
    types.NAT_GATEWAY: lambda resource: [("nat_gateway_hour", 1.0)],
    types.ADDRESS: lambda resource: [("public_ipv4_hour", 1.0)],
    types.BALANCER: lambda resource: [("network_balancer_hour", 1.0)],
    types.KEY: lambda resource: [("key_month", 1.0)],
    types.ZONE: lambda resource: [("zone_month", 1.0)],
}
