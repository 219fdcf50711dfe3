"""What a stack may not be: one file a rule, found by scan.

A rule is a module with `BINDS`, the classes that it binds, and `check(stack: Stack) -> list[Finding]`, pure.
Its docstring's first line says what is demanded.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from infra.policy._stack import ALL, DATA_KEPT, Finding, Stack

__all__ = ["ALL", "DATA_KEPT", "Finding", "Rule", "Stack", "findings", "registry"]


@dataclass(frozen=True)
class Rule:
    """A rule: its name, what it demands, the classes that it binds, its function."""

    name: str
    demands: str
    binds: tuple[str, ...]
    check: Callable[[Stack], list[Finding]]


@cache
def registry() -> tuple[Rule, ...]:
    """Every rule of this folder, by name."""
    names = sorted(
        info.name for info in pkgutil.iter_modules([str(Path(__file__).parent)]) if info.name[0] != "_"
    )
    modules = {name.replace("_", "-"): importlib.import_module(f"{__name__}.{name}") for name in names}
    return tuple(
        Rule(name, (module.__doc__ or "").splitlines()[0], module.BINDS, module.check)
        for name, module in modules.items()
    )


def findings(stack: Stack) -> dict[str, list[Finding]]:
    """Rule -> what breaks it, for each rule that binds the stack's class."""
    return {rule.name: rule.check(stack) for rule in registry() if stack.class_ in rule.binds}
