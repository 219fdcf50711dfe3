"""What must hold before a fault is armed. Pure: facts in, reasons out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from cluster_cli.drills.faults import Drill
from cluster_cli.drills.faults._fault import Target
from cluster_cli.drills.records import Domain
from cluster_cli.engines.model import ClusterStatus
from infra.topology import Topology

LAG_LIMIT = 10.0
"""Seconds of replication lag with which a drill would measure the lag and not the failover."""


def refusals(
    status: ClusterStatus, drill: Drill, missing: Sequence[str], armed: Sequence[str]
) -> tuple[str, ...]:
    """Every reason not to begin; empty when the drill may take aim.

    `missing`: platform protocols that the drill needs and the platform lacks. `armed`: faults that an
    earlier drill left behind.
    """
    found = [f"the cluster is unhealthy: {problem}" for problem in status.problems]
    found += [
        f"{member.member} lags by {member.lag_seconds:.1f} s (limit {LAG_LIMIT:g} s)"
        for member in status.members
        if member.lag_seconds is not None and member.lag_seconds > LAG_LIMIT
    ]
    found += [f"the platform cannot do what {drill.name} needs: {need}" for need in missing]
    found += [f"the fault {name} of an earlier run is still armed: swapctl drill undo" for name in armed]
    return tuple(found)


def unwritten(targets: Sequence[Target], written: Mapping[Domain, Collection[str]]) -> tuple[str, ...]:
    """The affected paths of every domain where none of them is among those that the load writes (by domain).

    Nobody would notice there that the fault is over: the run could only fail.
    """
    affected: dict[Domain, set[str]] = {}
    for target in targets:
        for domain, paths in target.affected.items():
            affected.setdefault(domain, set()).update(paths)
    return tuple(
        f"{domain}: {', '.join(sorted(paths))}"
        for domain, paths in sorted(affected.items())
        if not paths & set(written.get(domain, ()))
    )


def too_wide(drill: Drill, targets: Sequence[Target], topology: Topology) -> tuple[str, ...]:
    """Every fault that would hit more members of the topology than it may."""
    return tuple(
        f"{fault.name} would hit {len(target.members)} members ({target.words}), "
        f"its limit is {fault.limit(topology)}"
        for fault, target in zip(drill.faults, targets, strict=True)
        if len(target.members) > fault.limit(topology)
    )
