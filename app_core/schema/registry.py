"""The registry's entries, one file each under `collections/` and `tables/`, found by scan."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from pathlib import Path

from app_core.schema.migrations import Migration, read_migrations
from app_core.schema.model import Collection, Table

_HERE = Path(__file__).parent


@cache
def collections() -> tuple[Collection, ...]:
    """All MongoDB collections, by name."""
    return tuple(sorted(_scan("collections", "COLLECTION"), key=lambda c: c.name))


@cache
def tables() -> tuple[Table, ...]:
    """All PostgreSQL tables, by name."""
    return tuple(sorted(_scan("tables", "TABLE"), key=lambda t: t.name))


@cache
def migrations() -> tuple[Migration, ...]:
    """All SQL migrations, in the order of their versions. Raises MigrationError when a file is wrong."""
    return read_migrations(_HERE / "sql")


def collection(name: str) -> Collection:
    """The collection of that name; KeyError when there is none."""
    return {entry.name: entry for entry in collections()}[name]


def table(name: str) -> Table:
    """The table of that name; KeyError when there is none."""
    return {entry.name: entry for entry in tables()}[name]


def segments() -> frozenset[str]:
    """The segments that some collection lives in; a topology must have them all."""
    return frozenset(entry.segment for entry in collections())


def _scan(folder: str, attribute: str) -> list:
    package = f"app_core.schema.{folder}"
    names = sorted(info.name for info in pkgutil.iter_modules([str(_HERE / folder)]))
    return [getattr(importlib.import_module(f"{package}.{name}"), attribute) for name in names]
