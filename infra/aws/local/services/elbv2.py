"""Load balancers: the internal NLB, its target groups and listeners."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from infra.aws.local.backend import Answer
from infra.aws.local.graph import Resource
from infra.aws.local.kinds import Kind
from infra.aws.local.table import Table, pairs, pick
from infra.aws.local.values import bare


def _tags(client: Any, resource: Resource, _: Mapping[str, Any]) -> Mapping[str, Any]:
    told = client.describe_tags(ResourceArns=[resource.id])["TagDescriptions"][0]["Tags"]
    return {"tags": {item["Key"]: item["Value"] for item in told}}


def _with_suffix(kind: Kind) -> Kind:
    """The provider's `arnSuffix`: what CloudWatch calls a balancer or a target group."""

    def create(client: Any, resource: Resource) -> Answer:
        made = kind.create(client, resource)
        suffix = made.id.rpartition(":")[2].removeprefix("loadbalancer/")
        return replace(made, outputs={**made.outputs, "arnSuffix": suffix})

    return replace(kind, create=create)


def _attributes(client: Any, resource: Resource, identity: str) -> None:
    inputs = bare(resource.inputs)
    wanted = {
        "deletion_protection.enabled": inputs.get("enableDeletionProtection"),
        "load_balancing.cross_zone.enabled": inputs.get("enableCrossZoneLoadBalancing"),
    }
    given = [{"Key": key, "Value": str(value).lower()} for key, value in wanted.items() if value is not None]
    if given:
        client.modify_load_balancer_attributes(LoadBalancerArn=identity, Attributes=given)


def _told(client: Any, resource: Resource, found: Mapping[str, Any]) -> Mapping[str, Any]:
    told = client.describe_load_balancer_attributes(LoadBalancerArn=resource.id)["Attributes"]
    on = {item["Key"]: item["Value"] for item in told}
    return {
        **_tags(client, resource, found),
        "internal": found["Scheme"] == "internal",
        "subnets": [zone["SubnetId"] for zone in found["AvailabilityZones"]],
        "enableDeletionProtection": on.get("deletion_protection.enabled", "false"),
        "enableCrossZoneLoadBalancing": on.get("load_balancing.cross_zone.enabled", "false"),
    }


BALANCER = Table(
    type="aws:lb/loadBalancer:LoadBalancer",
    service="elbv2",
    create="create_load_balancer",
    made="LoadBalancers",
    id="LoadBalancerArn",
    find=("describe_load_balancers", {"LoadBalancerArns": ["{id}"]}),
    found="LoadBalancers",
    delete=("delete_load_balancer", {"LoadBalancerArn": "{id}"}),
    fields={"subnets": "Subnets", "loadBalancerType": "Type", "securityGroups": "SecurityGroups"},
    outputs={"arn": "LoadBalancerArn", "dnsName": "DNSName", "zoneId": "CanonicalHostedZoneId"},
    more=lambda resource: {
        "Name": resource.inputs.get("name", resource.name)[:32],
        "Scheme": "internal" if resource.inputs.get("internal") else "internet-facing",
        "Tags": pairs(resource.tags),
    },
    after=_attributes,
    told=_told,
)
_HEALTH = {
    "protocol": "HealthCheckProtocol",
    "port": "HealthCheckPort",
    "path": "HealthCheckPath",
    "interval": "HealthCheckIntervalSeconds",
    "timeout": "HealthCheckTimeoutSeconds",
    "healthyThreshold": "HealthyThresholdCount",
    "unhealthyThreshold": "UnhealthyThresholdCount",
}


def _health(resource: Resource) -> dict[str, Any]:
    wanted = resource.inputs.get("healthCheck", {})
    found = {_HEALTH[key]: value for key, value in wanted.items() if key in _HEALTH}
    return {key: str(value) if key == "HealthCheckPort" else value for key, value in found.items()}


_GROUP = {
    "deregistrationDelay": "deregistration_delay.timeout_seconds",
    "connectionTermination": "deregistration_delay.connection_termination.enabled",
}


def _group_attributes(client: Any, resource: Resource, identity: str) -> None:
    inputs = bare(resource.inputs)
    given = [
        {"Key": field, "Value": str(inputs[name]).lower()} for name, field in _GROUP.items() if name in inputs
    ]
    if given:
        client.modify_target_group_attributes(TargetGroupArn=identity, Attributes=given)


def _group_told(client: Any, resource: Resource, found: Mapping[str, Any]) -> Mapping[str, Any]:
    told = client.describe_target_group_attributes(TargetGroupArn=resource.id)["Attributes"]
    on = {item["Key"]: item["Value"] for item in told}
    wanted = resource.inputs.get("healthCheck", {})
    return {
        **_tags(client, resource, found),
        **{name: on[field] for name, field in _GROUP.items() if field in on},
        "healthCheck": {key: found.get(field) for key, field in _HEALTH.items() if key in wanted},
    }


TARGETS = Table(
    type="aws:lb/targetGroup:TargetGroup",
    service="elbv2",
    create="create_target_group",
    made="TargetGroups",
    id="TargetGroupArn",
    find=("describe_target_groups", {"TargetGroupArns": ["{id}"]}),
    found="TargetGroups",
    delete=("delete_target_group", {"TargetGroupArn": "{id}"}),
    fields={"port": "Port", "protocol": "Protocol", "vpcId": "VpcId", "targetType": "TargetType"},
    outputs={"arn": "TargetGroupArn"},
    more=lambda resource: {
        "Name": resource.inputs.get("name", resource.name)[:32],
        "Tags": pairs(resource.tags),
        **_health(resource),
    },
    after=_group_attributes,
    told=_group_told,
)
_IDLE = "tcp.idle_timeout.seconds"


def _listener_attributes(client: Any, resource: Resource, identity: str) -> None:
    if "tcpIdleTimeoutSeconds" in resource.inputs:
        wanted = [{"Key": _IDLE, "Value": str(resource.inputs["tcpIdleTimeoutSeconds"])}]
        client.modify_listener_attributes(ListenerArn=identity, Attributes=wanted)


def _listener_told(client: Any, resource: Resource, found: Mapping[str, Any]) -> Mapping[str, Any]:
    told = client.describe_listener_attributes(ListenerArn=resource.id)["Attributes"]
    actions = [
        {"type": action["Type"], "targetGroupArn": pick(action, "TargetGroupArn")}
        for action in found["DefaultActions"]
    ]
    idle = {item["Key"]: item["Value"] for item in told}.get(_IDLE)
    return {**_tags(client, resource, found), "defaultActions": actions, "tcpIdleTimeoutSeconds": idle}


LISTENER = Table(
    type="aws:lb/listener:Listener",
    service="elbv2",
    create="create_listener",
    made="Listeners",
    id="ListenerArn",
    find=("describe_listeners", {"ListenerArns": ["{id}"]}),
    found="Listeners",
    delete=("delete_listener", {"ListenerArn": "{id}"}),
    fields={"loadBalancerArn": "LoadBalancerArn", "port": "Port", "protocol": "Protocol"},
    outputs={"arn": "ListenerArn"},
    more=lambda resource: {
        "DefaultActions": [
            {"Type": action["type"], "TargetGroupArn": action["targetGroupArn"]}
            for action in resource.inputs["defaultActions"]
        ],
        "Tags": pairs(resource.tags),
    },
    after=_listener_attributes,
    told=_listener_told,
)


def _register(client: Any, resource: Resource) -> Answer:
    inputs = bare(resource.inputs)
    target = {"Id": inputs["targetId"], **({"Port": inputs["port"]} if "port" in inputs else {})}
    client.register_targets(TargetGroupArn=inputs["targetGroupArn"], Targets=[target])
    return Answer(f"{inputs['targetGroupArn']} {inputs['targetId']}")


def _registered(client: Any, resource: Resource) -> Mapping[str, Any] | None:
    group, _, target = resource.id.partition(" ")
    told = client.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    found = next((item["Target"] for item in told if item["Target"]["Id"] == target), None)
    return None if found is None else {"targetId": found["Id"], "port": found.get("Port")}


def _deregister(client: Any, resource: Resource) -> None:
    group, _, target = resource.id.partition(" ")
    client.deregister_targets(TargetGroupArn=group, Targets=[{"Id": target}])


KINDS = (
    _with_suffix(BALANCER.kind()),
    _with_suffix(TARGETS.kind()),
    LISTENER.kind(),
    Kind("aws:lb/targetGroupAttachment:TargetGroupAttachment", "elbv2", _register, _registered, _deregister),
)
