"""Declares the hosts of a topology, each in its zone's private subnet, with the rights of its roles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

import pulumi
import pulumi_aws as aws

from infra.aws.access import rights
from infra.aws.components.backup_plan import backup_tag
from infra.aws.components.host import Host, HostArgs
from infra.aws.components.profile import Profile
from infra.aws.components.secret_store import SecretStore
from infra.aws.components.storage import Storage
from infra.aws.places import availability_zone
from infra.aws.region import Ground
from infra.aws.site import Site
from infra.aws.sizing import host_size
from infra.aws.user_data import architecture_of
from infra.topology import Topology
from infra.topology.aws import Size

DEBIAN = "136693071363"  # the account that publishes Debian's own images
LONGEST_NAME = 64 - 8  # of an IAM role, without what Pulumi appends: a hyphen and 7 hexadecimal digits


def profile_name(region: str, roles: tuple[str, ...]) -> str:
    """The name of the profile of these roles; with too many of them for IAM, a digest stands for the list."""
    name = f"profile-{region}-{'+'.join(roles)}"
    if len(name) <= LONGEST_NAME:
        return name
    return f"profile-{region}-{sha256(name.encode()).hexdigest()[:12]}"


@dataclass
class Yard:
    """Makes hosts; images and profiles are made once and shared."""

    site: Site
    grounds: Mapping[str, Ground]
    secrets: SecretStore
    storage: Storage
    zone_id: pulumi.Output[str]
    _profiles: dict[tuple[str, tuple[str, ...]], Profile] = field(
        default_factory=dict[tuple[str, tuple[str, ...]], Profile]
    )
    _images: dict[tuple[str, str], pulumi.Output[str]] = field(
        default_factory=dict[tuple[str, str], pulumi.Output[str]]
    )

    def place(self, topology: Topology) -> dict[str, Host]:
        """Declare every host of the topology that carries a member."""
        return {
            host.name: self._host(host.name, topology.region_of(host.zone), host.zone, roles, topology)
            for host in topology.hosts
            if (roles := tuple(sorted(topology.roles(host.name))))
        }

    def args(self, region: str, zone: str, size: Size, roles: tuple[str, ...]) -> HostArgs:
        """The arguments of a host in a zone."""
        ground, architecture = self.grounds[region], architecture_of(size.instance)
        return HostArgs(
            site=self.site,
            region=region,
            zone=availability_zone(region, zone),
            size=size,
            roles=roles,
            image=self._image(ground, architecture),
            architecture=architecture,
            subnet_id=ground.network.subnets[zone].id,
            groups=ground.firewall.of(roles),
            profile=self._profile(ground, roles).name,
            key_arn=ground.keys.arns["volumes"],
            zone_id=self.zone_id,
            alerts=ground.alerts,
            backup=backup_tag(self.site),
            after=[*ground.network.reach, *ground.firewall.reach],
        )

    def _host(self, name: str, region: str, zone: str, roles: tuple[str, ...], topology: Topology) -> Host:
        args = self.args(region, zone, host_size(topology, name), roles)
        return Host(name, args, self.grounds[region].opts)

    def _profile(self, ground: Ground, roles: tuple[str, ...]) -> Profile:
        key = (ground.region.name, roles)
        if key not in self._profiles:
            name = profile_name(ground.region.name, roles)
            allowed = rights(ground, roles, self.secrets, self.storage)
            self._profiles[key] = Profile(name, allowed, ground.opts)
        return self._profiles[key]

    def _image(self, ground: Ground, architecture: str) -> pulumi.Output[str]:
        key = (ground.region.name, architecture)
        if key not in self._images:
            found = aws.ec2.get_ami_output(
                most_recent=True,
                owners=[DEBIAN],
                filters=[
                    aws.ec2.GetAmiFilterArgs(name="name", values=[f"debian-12-{architecture}-*"]),
                    aws.ec2.GetAmiFilterArgs(name="virtualization-type", values=["hvm"]),
                ],
                opts=pulumi.InvokeOutputOptions(provider=ground.provider),
            )
            self._images[key] = found.id
        return self._images[key]
