"""Findings about indexes: one kind a file, found by scan; each with the command to act.

A file holds `NAME`, a docstring whose first line says what it finds, and `find(facts)`, a pure function.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from cluster_cli.schema.review._model import Finding, ReviewFacts

__all__ = ["Finding", "ReviewFacts", "Rule", "findings", "rules"]


@dataclass(frozen=True)
class Rule:
    """One kind of finding."""

    name: str
    finds: str
    find: Callable[[ReviewFacts], Iterable[Finding]]


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule in this folder, by name."""
    names = sorted(info.name for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_"))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return tuple(Rule(m.NAME, (m.__doc__ or "").splitlines()[0], m.find) for m in modules)


def findings(facts: ReviewFacts) -> list[Finding]:
    """The findings of all rules."""
    return [finding for rule in rules() for finding in rule.find(facts)]
