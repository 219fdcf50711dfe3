"""What can differ: one kind a file, found by scan.

A file holds `NAME`, `DOMAIN` (social or payments), `ORDER` (cures run in this order, per collection or in
the database), a docstring whose first line says what it finds, and `find(facts)`, a pure function that
yields differences.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from cluster_cli.schema.differences import Difference, Domain


@dataclass(frozen=True)
class Check:
    """One kind of difference: its name, its place in the order of cures, what it finds, and how."""

    name: str
    domain: Domain
    order: int
    finds: str
    find: Callable[[Any], Iterable[Difference]]


@cache
def registry() -> tuple[Check, ...]:
    """Every check in this folder, in the order of its cures."""
    names = [info.name for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_")]
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    found = [Check(m.NAME, m.DOMAIN, m.ORDER, (m.__doc__ or "").splitlines()[0], m.find) for m in modules]
    return tuple(sorted(found, key=lambda check: (check.domain, check.order, check.name)))


def differences(domain: Domain, facts: object) -> list[Difference]:
    """All differences of one domain, in the order in which they are cured."""
    return [d for check in registry() if check.domain == domain for d in check.find(facts)]
