"""Finding kinds by scan: a new fault or check is one new file in its folder, with nothing to register."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType


def modules(package: ModuleType) -> tuple[ModuleType, ...]:
    """Every module of a package whose name does not begin with an underscore, by name."""
    names = sorted(info.name for info in pkgutil.iter_modules(package.__path__) if info.name[0] != "_")
    return tuple(importlib.import_module(f"{package.__name__}.{name}") for name in names)
