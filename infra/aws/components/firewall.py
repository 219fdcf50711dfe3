"""Who may talk to whom in a region: one security group a role, and one for what every host needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.aws.components.base import Component
from infra.aws.components.network import Network
from infra.aws.ports import Crowd, Flow, across, flows

HTTP, HTTPS = 80, 443


@dataclass(frozen=True)
class Peer:
    """The other region: its network, and the roles there."""

    cidr: str
    roles: Crowd


@dataclass(frozen=True)
class FirewallArgs:
    """roles: kinds of members there, `app` and `balancer`, each with how many share a host.

    mirrors: networks that packages come from. dr: whether this is the DR region. peer: the other region,
    None without one.
    """

    network: Network
    roles: Crowd
    mirrors: tuple[str, ...]
    dr: bool
    peer: Peer | None


class Firewall(Component):
    """groups: role -> its security group; base: the group of every host; reach: its rules."""

    def __init__(self, name: str, args: FirewallArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__(name, opts)
        self._name, self._network = name, args.network
        self.base = self._group("host", "Every host: endpoints of AWS, S3 and package mirrors")
        self.groups = {role: self._group(role, f"Members of role {role}") for role in args.roles}
        for flow in flows(args.roles, args.dr):
            self._flow(flow)
        if args.peer is not None:
            for flow in across(args.roles, args.peer.roles, args.dr):
                self._across(flow, args.peer.cidr, args.dr)
        self.reach: list[pulumi.Resource] = [*self._what_hosts_need(args.mirrors)]
        self.register_outputs({role: group.id for role, group in self.groups.items()})

    def of(self, roles: tuple[str, ...]) -> list[pulumi.Output[str]]:
        """The ids of the groups of a host with these roles."""
        return [self.base.id, *(self.groups[role].id for role in roles)]

    def _group(self, role: str, description: str) -> aws.ec2.SecurityGroup:
        name = f"{self._name}-{role}"
        return aws.ec2.SecurityGroup(
            name,
            vpc_id=self._network.vpc.id,
            description=description,
            tags={"Name": name},
            opts=self.child(),
        )

    def _flow(self, flow: Flow) -> None:
        source, target = self.groups[flow.source], self.groups[flow.target]
        label = f"{flow.source}-to-{flow.target}-{flow.port}"
        self._ingress(label, target, flow.port, flow.why, group=source.id)
        self._egress(label, source, flow.port, flow.why, group=target.id)

    def _across(self, flow: Flow, peer: str, dr: bool) -> None:
        """One end of a connection between regions: groups cannot be named across, networks can."""
        label = f"{flow.source}-to-{flow.target}-{flow.port}-peer"
        if dr == flow.from_dr:
            self._egress(label, self.groups[flow.source], flow.port, flow.why, cidr=peer)
        else:
            self._ingress(label, self.groups[flow.target], flow.port, flow.why, cidr=peer)

    def _what_hosts_need(self, mirrors: tuple[str, ...]) -> Iterator[pulumi.Resource]:
        yield self._egress("endpoints", self.base, HTTPS, "services of AWS", group=self._network.endpoints.id)
        yield self._egress("s3", self.base, HTTPS, "S3", prefix_list=self._network.s3.prefix_list_id)
        for index, cidr in enumerate(mirrors):
            yield self._egress(f"mirror-{index}", self.base, HTTPS, "packages", cidr=cidr)
            yield self._egress(f"mirror-{index}-plain", self.base, HTTP, "signed packages", cidr=cidr)

    def _ingress(
        self,
        label: str,
        target: aws.ec2.SecurityGroup,
        port: int,
        why: str,
        *,
        group: pulumi.Input[str] | None = None,
        cidr: str | None = None,
    ) -> None:
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-in-{label}",
            security_group_id=target.id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            referenced_security_group_id=group,
            cidr_ipv4=cidr,
            description=why,
            opts=self.child(),
        )

    def _egress(
        self,
        label: str,
        source: aws.ec2.SecurityGroup,
        port: int,
        why: str,
        *,
        group: pulumi.Input[str] | None = None,
        cidr: str | None = None,
        prefix_list: pulumi.Input[str] | None = None,
    ) -> aws.vpc.SecurityGroupEgressRule:
        return aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-out-{label}",
            security_group_id=source.id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            referenced_security_group_id=group,
            cidr_ipv4=cidr,
            prefix_list_id=prefix_list,
            description=why,
            opts=self.child(),
        )
