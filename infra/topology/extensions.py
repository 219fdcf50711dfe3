"""Keys that other parts of the product add to a topology file: one file a key, found by scan.

A module in this folder that sets `KEY = "backups"` and `MODEL = Backups` (a `Part`) adds the top-level
key `backups`; `topology.part(Backups)` gives its value.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from pathlib import Path

from infra.topology.base import Part

_FOLDER = Path(__file__).parent


@cache
def extension_models() -> dict[str, type[Part]]:
    """Top-level key -> model, of every module in this folder that declares one."""
    names = sorted(info.name for info in pkgutil.iter_modules([str(_FOLDER)]) if not info.ispkg)
    modules = [importlib.import_module(f"infra.topology.{name}") for name in names]
    return {module.KEY: module.MODEL for module in modules if hasattr(module, "KEY")}
