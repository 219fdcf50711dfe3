"""Stand-ins for what the cloud computes: deterministic, and good enough to read documents made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from infra.aws.local.backend import Answer
from infra.aws.local.graph import PROVIDER, Resource
from infra.aws.local.values import bare

ACCOUNT = "123456789012"  # the number that AWS uses in its own examples


class StandIn:
    """Gives every resource an id and an ARN made of its name, other outputs by type; the rest is unknown."""

    dry_run = False

    def register(self, resource: Resource) -> Answer:
        """An id and outputs for any resource."""
        own = _OUTPUTS.get(resource.type, _nothing)(resource)
        named = str(bare(resource.inputs.get(_NAMED_BY.get(resource.type, ""), resource.name)))
        if resource.type == PROVIDER:
            return Answer(resource.name, {})
        return Answer(named, {"arn": arn(resource, named), **own}, complete=False)

    def invoke(self, token: str, arguments: Mapping[str, Any], region: str) -> Mapping[str, Any]:
        """Data sources are answered as in a preview."""
        from infra.aws.local.datasources import answer

        return answer(token, arguments, region)


def arn(resource: Resource, name: str) -> str:
    """The ARN that a resource would have; S3 and IAM have their own forms."""
    _, module, kind = resource.type.split(":")
    service = module.partition("/")[0]
    if service == "s3":
        return f"arn:aws:s3:::{name}"
    if service == "iam":
        return f"arn:aws:iam::{ACCOUNT}:{kind.lower()}/{name}"
    return f"arn:aws:{service}:{resource.region}:{ACCOUNT}:{kind[0].lower()}{kind[1:]}/{name}"


def _nothing(_: Resource) -> dict[str, Any]:
    return {}


def _instance(resource: Resource) -> dict[str, Any]:
    return {
        "privateIp": bare(resource.inputs.get("privateIp", "10.0.0.4")),
        "primaryNetworkInterfaceId": f"eni-{resource.name}",
    }


def _balancer(resource: Resource) -> dict[str, Any]:
    name = f"{resource.name}.elb.{resource.region}.amazonaws.com"
    return {"dnsName": name, "zoneId": "Z0000LB", "arnSuffix": f"net/{resource.name}/0"}


def _zone(resource: Resource) -> dict[str, Any]:
    return {"zoneId": f"Z-{resource.name}", "nameServers": ["ns-0.example"]}


def _bucket(resource: Resource) -> dict[str, Any]:
    name = bare(resource.inputs.get("bucket", resource.name))
    return {"bucket": name, "bucketRegionalDomainName": f"{name}.s3.{resource.region}.amazonaws.com"}


_OUTPUTS: Mapping[str, Callable[[Resource], dict[str, Any]]] = {
    "aws:ec2/instance:Instance": _instance,
    "aws:ec2/networkInterface:NetworkInterface": _instance,
    "aws:lb/loadBalancer:LoadBalancer": _balancer,
    "aws:lb/targetGroup:TargetGroup": lambda r: {"arnSuffix": f"targetgroup/{r.name}/0"},
    "aws:route53/zone:Zone": _zone,
    "aws:s3/bucket:Bucket": _bucket,
    "aws:s3/bucketV2:BucketV2": _bucket,
    "aws:kms/key:Key": lambda r: {"keyId": f"key-{r.name}"},
    "aws:ec2/vpcEndpoint:VpcEndpoint": lambda r: {"prefixListId": f"pl-{r.name}"},
    "aws:ec2/eip:Eip": lambda r: {"publicIp": "198.51.100.1", "allocationId": f"eipalloc-{r.name}"},
}
_NAMED_BY = {
    "aws:s3/bucket:Bucket": "bucket",
    "aws:s3/bucketV2:BucketV2": "bucket",
    "aws:iam/role:Role": "name",
    "aws:iam/instanceProfile:InstanceProfile": "name",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "name",
    "aws:backup/vault:Vault": "name",
}
