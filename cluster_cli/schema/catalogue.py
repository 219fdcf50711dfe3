"""The payments database's catalogue as plain data, and the one that the migrations lead to.

The wanted catalogue is a file beside the migrations (`app_core/schema/catalogue.json`), written by
`tools/sql_catalogue.py` from an empty database; so a comparison needs no second database.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg

import app_core.schema

Key = tuple[str, str]
"""(kind, name), such as ("column", "account.balance")."""
Catalogue = Mapping[Key, str]

UNFINISHED = " (invalid)"
"""Ends the definition of an index that is half-built, or that partitions still lack."""
FILE = Path(app_core.schema.__file__).parent / "catalogue.json"
_QUERY = Path(__file__).with_name("catalogue.sql")


@contextlib.contextmanager
def plainly(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """The server prints definitions and instants the same whatever is set for a role, a database or here."""
    with connection.transaction():
        connection.execute(
            "SET LOCAL search_path = public; SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'"
        )
        yield


def read_catalogue(connection: psycopg.Connection[Any]) -> Catalogue:
    """The catalogue of the connection's database, in one query. Raises psycopg.Error."""
    with plainly(connection):
        rows = connection.execute(_QUERY.read_bytes()).fetchall()
    return {(str(kind), str(name)): str(definition) for kind, name, definition in rows}


def wanted_catalogue() -> Catalogue:
    """The catalogue that the migrations lead to."""
    kinds: dict[str, dict[str, str]] = json.loads(FILE.read_text("utf-8"))
    return {(kind, name): text for kind, names in kinds.items() for name, text in names.items()}


def as_text(catalogue: Catalogue) -> str:
    """A catalogue as the file holds it."""
    kinds: dict[str, dict[str, str]] = {}
    for (kind, name), definition in sorted(catalogue.items()):
        kinds.setdefault(kind, {})[name] = definition
    return json.dumps(kinds, indent=1, ensure_ascii=False) + "\n"


def parted(live: Catalogue, wanted: Catalogue) -> Iterator[tuple[Key, str | None, str | None]]:
    """(key, live, wanted) of everything that differs; None: it is not there."""
    for key in sorted({*live, *wanted}):
        if live.get(key) != wanted.get(key):
            yield key, live.get(key), wanted.get(key)
