"""What each region of a stack has, whatever is placed in it: provider, network, keys, firewall, alerts."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.aws.components.alerts import Alerts, AlertsArgs
from infra.aws.components.firewall import Firewall, FirewallArgs, Peer
from infra.aws.components.keys import Keys, KeysArgs
from infra.aws.components.network import Network, NetworkArgs
from infra.aws.places import availability_zone
from infra.aws.ports import APP, BALANCER, Crowd, crowd
from infra.aws.settings import PROJECT, Settings
from infra.aws.site import Site
from infra.topology import Topology
from infra.topology.hosts import Region

PAGER_SECRET = f"{PROJECT}/foundation/pagerduty"  # the stack `foundation` makes it, a person fills it


@dataclass(frozen=True)
class Ground:
    """A region that is ready for hosts."""

    region: Region
    provider: aws.Provider
    network: Network
    keys: Keys
    firewall: Firewall
    alerts: Alerts

    @property
    def opts(self) -> pulumi.ResourceOptions:
        """Options of a component in this region."""
        return pulumi.ResourceOptions(providers=[self.provider])


def tags(settings: Settings, topology: Topology) -> dict[str, str]:
    """The tags of everything: who answers, who pays, what may be reaped and when."""
    found = {
        "Project": PROJECT,
        "Stack": settings.stack,
        "Class": topology.class_,
        "Owner": settings.owner,
        "CostCenter": settings.cost_center,
        "ManagedBy": "pulumi",
        "Topology": topology.name,
    }
    return {**found, "ExpiresAt": settings.expires_at} if settings.expires_at else found


def prepare(settings: Settings, topology: Topology, site: Site, region: Region) -> Ground:
    """Declare what a region has before the first host."""
    provider = _provider(settings, topology, region)
    opts = pulumi.ResourceOptions(providers=[provider])
    zones = {zone: availability_zone(region.name, zone) for zone in region.zones}
    one_nat = topology.class_ != "production"
    network_args = NetworkArgs(region.name, settings.cidrs[region.name], zones, one_nat)
    network = Network(f"network-{region.name}", network_args, opts)
    keys = Keys(f"keys-{region.name}", KeysArgs(site, region.name), opts)
    pager = None if topology.class_ == "ephemeral" else _pager(region, provider)
    return Ground(
        region=region,
        provider=provider,
        network=network,
        keys=keys,
        firewall=Firewall(f"firewall-{region.name}", _firewall(settings, topology, region, network), opts),
        alerts=Alerts(f"alerts-{region.name}", AlertsArgs(site, keys.arns["alerts"], pager), opts),
    )


def roles_in(topology: Topology, region: Region) -> Crowd:
    """The roles with a security group in a region: kinds of members, clients and the load balancer."""
    kinds = crowd(topology, region.name)
    return {**kinds, APP: 1, **({BALANCER: 1} if "proxy" in kinds else {})}


def _provider(settings: Settings, topology: Topology, region: Region) -> aws.Provider:
    return aws.Provider(
        f"aws-{region.name}",
        region=region.name,
        # a run with the wrong account's credentials ends here
        allowed_account_ids=[settings.account],
        default_tags=aws.ProviderDefaultTagsArgs(tags=tags(settings, topology)),
    )


def _pager(region: Region, provider: aws.Provider) -> pulumi.Output[str]:
    found = aws.secretsmanager.get_secret_version_output(
        secret_id=PAGER_SECRET, opts=pulumi.InvokeOutputOptions(provider=provider)
    )
    return pulumi.Output.secret(found.secret_string)


def _firewall(settings: Settings, topology: Topology, region: Region, network: Network) -> FirewallArgs:
    peers = [
        Peer(settings.cidrs[other.name], roles_in(topology, other))
        for other in topology.regions
        if other.dr != region.dr
    ]
    return FirewallArgs(
        network=network,
        roles=roles_in(topology, region),
        mirrors=settings.mirrors,
        dr=region.dr,
        peer=next(iter(peers), None),
    )
