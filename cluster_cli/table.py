"""Plain tables: columns that line up, no borders, nothing cut off; colour only on a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

_GOOD = frozenset({"ok", "pass", "held", "sync", "healthy"})
_BAD = frozenset({"down", "failed", "fail", "degraded", "frozen", "unhealthy", "lost", "error"})
_WARN = frozenset({"lagging", "recovering", "unknown", "invalid", "stopped"})
_COLOURS = ((_GOOD, "32"), (_BAD, "31"), (_WARN, "33"))


def render_table(data: Any) -> str:
    """Plain data as text: a list of objects as columns, one object as `name  value` lines."""
    if isinstance(data, list):
        return _columns(data)
    if isinstance(data, dict):
        return _fields(data)
    return cell(data)


def columns(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows under headers in columns that line up."""
    lines = [[header.upper().replace("_", " ") for header in headers], *rows]
    widths = [max(len(line[index]) for line in lines) for index in range(len(headers))]
    return "\n".join(_line(line, widths) for line in lines)


def cell(value: Any) -> str:
    """One value as a word."""
    if value is None or value == [] or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    if isinstance(value, list):
        return ", ".join(cell(item) for item in value)
    if isinstance(value, dict):
        return " ".join(f"{key}={cell(item)}" for key, item in value.items())
    return str(value)


def colours_wanted() -> bool:
    """Whether stdout takes colour: a terminal that can, and NO_COLOR (any value) is not set."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _columns(rows: list[Any]) -> str:
    if not rows:
        return ""
    if not all(isinstance(row, dict) for row in rows):
        return "\n".join(cell(row) for row in rows)
    # A column that says nothing in any row is left out.
    headers = list(dict.fromkeys(key for row in rows for key, value in row.items() if cell(value) != "-"))
    return columns(headers, [[cell(row.get(header)) for header in headers] for row in rows])


def _fields(data: dict[str, Any]) -> str:
    """Short fields first, then each list of objects as a table of its own."""
    tables = {key: value for key, value in data.items() if _is_rows(value)}
    short = {key.replace("_", " "): cell(value) for key, value in data.items() if key not in tables}
    width = max(map(len, short), default=0)
    parts = ["\n".join(f"{key:<{width}}  {_paint(value)}" for key, value in short.items())]
    parts += [_columns(value) for value in tables.values()]
    return "\n\n".join(part for part in parts if part)


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _line(words: Sequence[str], widths: Sequence[int]) -> str:
    last = len(words) - 1
    padded = (
        _paint(word) + " " * (0 if i == last else widths[i] - len(word)) for i, word in enumerate(words)
    )
    return "  ".join(padded).rstrip()


def _paint(word: str) -> str:
    if not colours_wanted():
        return word
    code = next((code for words, code in _COLOURS if word.lower() in words), None)
    return f"\x1b[{code}m{word}\x1b[0m" if code else word
