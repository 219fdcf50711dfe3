"""A pydantic error as sentences that name the object and the fix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from pydantic import ValidationError

from infra.topology.base import NAME_PATTERN


def sentences(error: ValidationError, value: object, prefix: tuple[str, ...] = ()) -> list[str]:
    """One sentence a problem: the path of the object (by name where it has one), what is wrong, the fix."""
    return [
        f"{_place((*prefix, *item['loc']), value)}: {_what(item['type'], item['msg'], item.get('input'))}"
        for item in error.errors(include_url=False, include_context=False)
    ]


def _what(kind: str, message: str, given: object) -> str:
    if kind == "extra_forbidden":
        return "unknown key, remove it or correct its spelling"
    if kind == "missing":
        return "is missing, add it"
    if kind == "value_error":  # a validator's own sentence
        return message.removeprefix("Value error, ")
    if kind == "string_pattern_mismatch":
        return f"{given!r} is not valid; it must match {_pattern(message)}"
    return f"{message[0].lower()}{message[1:]}, got {_short(given)}"


def _pattern(message: str) -> str:
    return message.split("'", 1)[-1].rstrip("'") if "'" in message else NAME_PATTERN


def _short(given: object) -> str:
    text = repr(given)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _place(loc: Sequence[int | str], value: object) -> str:
    """`social.shards[members-1].members`: list items by their name when they have one."""
    words = ""
    for step in loc:
        value = _step(value, step)
        if isinstance(step, int):
            name = _step(value, "name")
            words += f"[{name if isinstance(name, str) else step}]"
        elif step != "[key]":
            words += f".{step}" if words else str(step)
    return words or "the file"


def _step(value: object, step: int | str) -> object:
    if isinstance(value, dict):
        return cast("dict[object, object]", value).get(step)
    if isinstance(value, list) and isinstance(step, int):
        items = cast("list[object]", value)
        return items[step] if step < len(items) else None
    return None
