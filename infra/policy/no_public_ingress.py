"""Nothing accepts connections from public addresses: no rule of a security group, no load balancer."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from infra.aws.local.graph import Resource
from infra.aws.local.types import BALANCER, DEFAULT_SECURITY_GROUP, INGRESS, SECURITY_GROUP
from infra.policy._stack import ALL, Finding, Stack

BINDS = ALL
CLASSIC = "aws:ec2/securityGroupRule:SecurityGroupRule"


def check(stack: Stack) -> list[Finding]:
    """Look at every incoming rule and at every load balancer."""
    rules = stack.graph.of(INGRESS, CLASSIC, SECURITY_GROUP, DEFAULT_SECURITY_GROUP)
    open_rules = [(rule, network) for rule in rules for network in _sources(rule) if _public(network)]
    return [
        *(Finding(rule.label, f"it lets {network} in, which is not private") for rule, network in open_rules),
        *(
            Finding(balancer.label, "it faces the internet: internal is not true")
            for balancer in stack.graph.of(BALANCER)
            if balancer.inputs.get("internal") is not True
        ),
    ]


def _sources(rule: Resource) -> Iterator[str]:
    inputs = rule.inputs
    if rule.type == CLASSIC and inputs.get("type") != "ingress":
        return
    yield from (str(inputs[name]) for name in ("cidrIpv4", "cidrIpv6") if name in inputs)
    entries = [inputs] if rule.type == CLASSIC else inputs.get("ingress") or []
    for entry in entries:
        for name in ("cidrBlocks", "ipv6CidrBlocks"):
            yield from map(str, entry.get(name, []))


def _public(network: str) -> bool:
    return not ip_network(network, strict=False).is_private
