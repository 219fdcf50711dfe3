"""Where a topology's regions and zones are on AWS, and what AWS cannot give. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app_core.errors import UsageError, nearest
from infra.aws.addresses import LETTERS
from infra.aws.settings import Settings, stack_class
from infra.topology import Topology
from infra.topology.aws import Aws
from infra.topology.hosts import Region

LEAST_ZONES = 3
MOST_GROUPS = 5  # security groups of a network interface: AWS's default quota


def availability_zone(region: str, zone: str) -> str:
    """The zone `a` or `dr-a` of eu-west-3 is eu-west-3a: the last letter counts."""
    return f"{region}{zone[-1]}"


def check_places(settings: Settings, topology: Topology) -> None:
    """Refuse a topology that this stack cannot place on AWS. Raises UsageError, one sentence."""
    for problem in _problems(settings, topology):
        raise UsageError("the topology does not fit the stack", on=f"{topology.name} in {settings.stack}",
                         why=problem, hint="docs/aws.md lists what a stack needs")  # fmt: skip


def _problems(settings: Settings, topology: Topology) -> Iterator[str]:
    if topology.class_ != stack_class(settings.stack):
        yield f"its class is {topology.class_}, the stack's is {stack_class(settings.stack)}"
    primary = [region.name for region in topology.regions if not region.dr]
    if len(primary) != 1 or len(topology.regions) > 2:
        yield "AWS stacks have one primary region and at most one DR region"
    for region in topology.regions:
        yield from _region_problems(region)
        if region.name not in settings.cidrs:
            yield f"region {region.name} has no network, add swapskill:cidrs.{region.name}"
    yield from _size_problems(topology)
    yield from _group_problems(topology)
    yield from _renewal_problems(settings, topology)


def _region_problems(region: Region) -> Iterator[str]:
    letters = [zone[-1] for zone in region.zones]
    if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", region.name):
        yield f"region {region.name} is no AWS region"
    if len(region.zones) < LEAST_ZONES:
        yield f"region {region.name} has {len(region.zones)} zones, and a quorum needs {LEAST_ZONES}"
    if len(set(letters)) < len(letters) or not {*letters} <= {*LETTERS}:
        yield (
            f"zones of region {region.name} must end in different letters "
            f"from {LETTERS[0]} to {LETTERS[-1]}: the letter is AWS's own"
        )


def _size_problems(topology: Topology) -> Iterator[str]:
    sizes = topology.part(Aws)
    if sizes is None:
        yield "it has no key `aws` with the sizes of its hosts"
        return
    for kind in sorted({node.kind for node in topology.nodes()}):
        if kind not in sizes.sizes:
            yield f"role {kind} has no size, add aws.sizes.{kind}"
    known = {host.name for host in topology.hosts}
    for name in sorted(sizes.hosts.keys() - known):
        yield f"aws.hosts names {name}, and there is no such host"


def _group_problems(topology: Topology) -> Iterator[str]:
    """A host has a group for each of its roles, and the one of every host."""
    for host in topology.hosts:
        roles = topology.roles(host.name)
        if len(roles) >= MOST_GROUPS:
            yield (
                f"host {host.name} has the roles {', '.join(roles)}: {len(roles) + 1} security groups, and "
                f"AWS allows {MOST_GROUPS} on a network interface; place some of its members on another host"
            )


def _renewal_problems(settings: Settings, topology: Topology) -> Iterator[str]:
    sizes = topology.part(Aws)
    apps = sizes.apps.hosts if sizes else ()
    known = [*(host.name for host in topology.hosts), *apps]
    for name in settings.renew:
        if name not in known:
            yield f"swapskill:renew names {name}, and there is no such host ({nearest(name, known)})"
