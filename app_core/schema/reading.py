"""Documents as the application reads them: older names of fields become today's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app_core.schema.model import Collection


def read(entry: Collection, document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with each field under its name of today; where both are there, today's counts. Pure."""
    names = {alias: field.name for field in entry.fields for alias in field.read_aliases}
    older = {names[name]: value for name, value in document.items() if name in names}
    return {**older, **{name: value for name, value in document.items() if name not in names}}
