"""What a topology may not be: one file a rule, found by scan.

A rule is a module with `def check(topology: Topology) -> list[Violation]`, pure. Its docstring's first
line says what is refused.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

from infra.topology.model import Topology
from infra.topology.violation import Violation

Rule = Callable[[Topology], list[Violation]]


@cache
def rules() -> dict[str, Rule]:
    """Rule name (its module's) -> its function, in alphabetical order."""
    names = sorted(info.name for info in pkgutil.iter_modules([str(Path(__file__).parent)]))
    return {name: importlib.import_module(f"{__name__}.{name}").check for name in names}


def violations(topology: Topology) -> tuple[Violation, ...]:
    """Everything that any rule refuses."""
    return tuple(found for rule in rules().values() for found in rule(topology))
