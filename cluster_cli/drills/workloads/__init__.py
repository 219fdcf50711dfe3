"""Workloads: clients that write, remember every outcome, and read everything back in the end.

A workload is a factory `(ctx, plan) -> Workload`, found through the entry-point group
`swapctl.workloads`; another package adds its own under another name.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points

from app_core.errors import UsageError, nearest
from cluster_cli.drills.plan import RunPlan
from cluster_cli.drills.workloads.base import Workload
from infra.context import Context

GROUP = "swapctl.workloads"
Factory = Callable[[Context, RunPlan], Workload]


def names() -> tuple[str, ...]:
    """Every workload that is installed."""
    return tuple(sorted(point.name for point in entry_points(group=GROUP)))


def factory(name: str) -> Factory:
    """The workload's factory; UsageError with the nearest name when there is none."""
    for point in entry_points(group=GROUP):
        if point.name == name:
            return point.load()
    raise UsageError("unknown workload", on=name, why=nearest(name, names()), hint="swapctl drill run --help")
