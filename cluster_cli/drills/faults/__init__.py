"""Faults: one file each, found by scan. A file holds `FAULT`, or `DRILL` for several faults in one run."""

from __future__ import annotations

from functools import cache

from app_core.errors import UsageError, nearest
from cluster_cli.drills import scan
from cluster_cli.drills.faults._fault import Drill, Fault

__all__ = ["Drill", "Fault", "drill", "drills", "fault", "registry"]


@cache
def registry() -> tuple[Fault, ...]:
    """Every fault in this folder, by name."""
    # the package imports itself by scan: a cycle unless it happens in the call
    from cluster_cli.drills import faults

    return tuple(module.FAULT for module in scan.modules(faults) if hasattr(module, "FAULT"))


@cache
def drills() -> tuple[Drill, ...]:
    """Every drill: one a fault, and those that combine several."""
    from cluster_cli.drills import faults

    combined = (module.DRILL for module in scan.modules(faults) if hasattr(module, "DRILL"))
    return tuple(sorted((*map(Drill.of, registry()), *combined), key=lambda d: d.name))


def fault(name: str) -> Fault:
    """The fault of that name; KeyError when there is none."""
    return {entry.name: entry for entry in registry()}[name]


def drill(name: str) -> Drill:
    """The drill of that name; UsageError (2) with the nearest name when there is none."""
    known = {entry.name: entry for entry in drills()}
    if name not in known:
        raise UsageError("unknown drill", on=name, why=nearest(name, known), hint="swapctl drill list")
    return known[name]
