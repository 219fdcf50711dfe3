"""The proxies of the payments domain behind one internal load balancer."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.aws.components.alerts import Watch, watch
from infra.aws.components.group import Group, GroupArgs
from infra.aws.ports import BALANCED, PORTS

# The most that AWS takes. HAProxy ends an idle connection after an hour, in the open; the balancer must not
# have forgotten it before, for then the client's next statement is answered with a reset.
IDLE_SECONDS = 6000


@dataclass(frozen=True, kw_only=True)
class ProxyPairArgs(GroupArgs):
    """subnets: of every zone. group: the balancer's security group. service: its name, such as `payments`."""

    vpc_id: pulumi.Input[str]
    subnets: list[pulumi.Output[str]]
    security_group: pulumi.Input[str]
    service: str


class ProxyPair(Group):
    """endpoint: the balancer's private DNS name; ports are those of the proxies."""

    def __init__(self, name: str, args: ProxyPairArgs, opts: pulumi.ResourceOptions) -> None:
        self._balanced = args
        self.endpoint = f"{args.service}.{args.site.domain}"
        super().__init__(name, args, opts)

    def _declare(self) -> None:
        balancer = self._balancer()
        for port in BALANCED:
            self._offer(balancer, port, PORTS["proxy"][port])
        alias = aws.route53.RecordAliasArgs(
            name=balancer.dns_name, zone_id=balancer.zone_id, evaluate_target_health=True
        )
        aws.route53.Record(
            f"{self._name}-endpoint",
            zone_id=self._args.zone_id,
            name=self.endpoint,
            type="A",
            aliases=[alias],
            opts=self.child(),
        )

    def _balancer(self) -> aws.lb.LoadBalancer:
        args = self._balanced
        return aws.lb.LoadBalancer(
            self._name,
            name=f"{pulumi.get_stack()}-{self._name}",
            internal=True,
            load_balancer_type="network",
            subnets=args.subnets,
            security_groups=[args.security_group],
            enable_cross_zone_load_balancing=True,
            enable_deletion_protection=args.site.care.protected,
            opts=self.child(),
        )

    def _offer(self, balancer: aws.lb.LoadBalancer, label: str, port: int) -> None:
        name = f"{self._name}-{label}"
        target = aws.lb.TargetGroup(
            name,
            name=f"{pulumi.get_stack()}-{label}",
            port=port,
            protocol="TCP",
            target_type="instance",
            vpc_id=self._balanced.vpc_id,
            deregistration_delay=30,
            # a lost proxy's connections are reset, so that clients notice
            connection_termination=True,
            health_check=aws.lb.TargetGroupHealthCheckArgs(
                protocol="TCP", port="traffic-port", interval=10, healthy_threshold=2, unhealthy_threshold=2
            ),
            opts=self.child(),
        )
        for member in self._args.members:
            aws.lb.TargetGroupAttachment(
                f"{name}-{member.name}",
                target_group_arn=target.arn,
                target_id=member.host.instance.id,
                port=member.ports[label],
                opts=self.child(),
            )
        forward = aws.lb.ListenerDefaultActionArgs(type="forward", target_group_arn=target.arn)
        aws.lb.Listener(
            name,
            load_balancer_arn=balancer.arn,
            port=port,
            protocol="TCP",
            tcp_idle_timeout_seconds=IDLE_SECONDS,
            default_actions=[forward],
            opts=self.child(),
        )
        self._unhealthy(name, balancer, target)

    def _unhealthy(self, name: str, balancer: aws.lb.LoadBalancer, target: aws.lb.TargetGroup) -> None:
        alarm = Watch(
            name=f"{name}-unhealthy",
            about=f"A proxy does not take connections on {name}.",
            namespace="AWS/NetworkELB",
            metric="UnHealthyHostCount",
            dimensions={"TargetGroup": target.arn_suffix, "LoadBalancer": balancer.arn_suffix},
            above=0,
        )
        watch(self._args.alerts, alarm, self.child())
