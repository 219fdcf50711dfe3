"""Writes results: data to stdout as table, JSON or YAML from one object; words for people to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from pathlib import PurePath
from typing import Any, Protocol, TextIO, runtime_checkable

from cluster_cli.options import OutputFormat
from cluster_cli.table import render_table
from infra.utc import rfc3339


@runtime_checkable
class Rendered(Protocol):
    """A result that knows its own table; JSON and YAML still come from its fields."""

    def as_table(self) -> str:
        """The text for a terminal, without a trailing newline."""
        ...


def emit(result: object, output: OutputFormat = OutputFormat.TABLE) -> None:
    """Write a result (dataclass, or sequence of dataclasses, or plain data) to stdout."""
    text = render(result, output, ascii_only=not _speaks_unicode(sys.stdout))
    if text:
        print(text, flush=True)


def _speaks_unicode(stream: TextIO) -> bool:
    return (stream.encoding or "utf-8").lower().startswith("utf")


def say(text: str) -> None:
    """Write a sentence for a person to stderr."""
    print(text, file=sys.stderr, flush=True)


def render(result: object, output: OutputFormat, *, ascii_only: bool = False) -> str:
    """The result as text, without a trailing newline; `ascii_only`: JSON and YAML escape what is not."""
    if output is OutputFormat.JSON:
        return json.dumps(plain(result), ensure_ascii=ascii_only, indent=2)
    if output is OutputFormat.YAML:
        import yaml

        return yaml.safe_dump(plain(result), allow_unicode=not ascii_only, sort_keys=False).rstrip("\n")
    if isinstance(result, Rendered):
        return result.as_table()
    return render_table(plain(result))


def plain(value: Any) -> Any:
    """The value as JSON-ready data: times as RFC 3339 in UTC, time spans in seconds, sets sorted."""
    match value:
        case None | bool() | int() | float() | str():
            return value.value if isinstance(value, Enum) else value
        case Enum():
            return plain(value.value)
        case datetime():
            return rfc3339(value)
        case date() | PurePath():
            return str(value)
        case timedelta():
            return value.total_seconds()
        case Mapping():
            return {str(plain(key)): plain(item) for key, item in value.items()}
        case set() | frozenset():
            return sorted((plain(item) for item in value), key=str)
    return _plain_object(value)


def _plain_object(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value) if field.repr}
    if hasattr(value, "model_dump"):  # a pydantic model; testing the class would import pydantic
        return plain(value.model_dump(by_alias=True))
    if hasattr(value, "__iter__") and not isinstance(value, bytes):
        return [plain(item) for item in value]
    return str(value)
