"""Two things with one name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from infra.topology.aws import Aws
from infra.topology.groups import dr_twins
from infra.topology.model import Topology
from infra.topology.violation import Violation


def check(topology: Topology) -> list[Violation]:
    """Refuse a name that two members, hosts, zones, regions or groups share.

    A member and a host may not share a name either: commands take both (`ok-to-stop MEMBER|HOST|ZONE`). On
    AWS each is a DNS name, and so are the application's hosts and the services that clients ask for.
    """
    graver = dr_twins(topology)  # the rule dr_names speaks about those
    counts = Counter(_targets(topology))
    groups = Counter(_groups(topology))
    regions = Counter(region.name for region in topology.regions)
    targets = "members, hosts, zones or services"
    return [
        Violation(name, f"{count} {what} have this name", "rename all but one")
        for what, counter in ((targets, counts), ("groups", groups), ("regions", regions))
        for name, count in counter.items()
        if count > 1 and name not in graver
    ]


def _targets(topology: Topology) -> Iterator[str]:
    yield from (node.name for node in topology.nodes())
    yield from (host.name for host in topology.hosts)
    yield from (zone for region in topology.regions for zone in region.zones)
    if sizes := topology.part(Aws):
        yield from sizes.apps.hosts
    if topology.payments:
        yield topology.payments.name
    if topology.social:
        yield "routers"


def _groups(topology: Topology) -> Iterator[str]:
    if topology.social:
        yield from (shard.name for shard in topology.social.shards)
        yield topology.social.config.name
    if topology.payments:
        yield topology.payments.name
        yield topology.payments.etcd_group
        if topology.payments.dr:
            yield topology.payments.dr.name
            yield topology.payments.dr_etcd_group or ""
