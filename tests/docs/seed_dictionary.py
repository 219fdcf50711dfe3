"""The dictionary that was asked for, beside a dictionary that is there: what lacks, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Keys = tuple[tuple[str, int | str], ...]
Found = Iterable[tuple[Keys, bool]]
"""(keys, unique) of the indexes that are there."""

WANTED: Mapping[str, Mapping[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("seed_dictionary.yaml").read_text("utf-8")
)
COLLECTIONS = {name: entry for name, entry in WANTED.items() if "collection" in entry}
TABLES = {name: entry for name, entry in WANTED.items() if "table" in entry}


def keys(words: Iterable[str]) -> Keys:
    """Keys from the file's words."""
    return tuple(_key(word) for word in words)


def lacking(entry: Mapping[str, Any], found: Found) -> list[str]:
    """The wanted indexes that are not among those found."""
    there = list(found)
    plain = [w for w in entry.get("indexes", []) if not any(k[: len(w)] == keys(w) for k, _ in there)]
    unique = [w for w in entry.get("unique", []) if (keys(w), True) not in there]
    return [*(f"index {w}" for w in plain), *(f"unique {w}" for w in unique)]


@dataclass(frozen=True)
class Shape:
    """A field as it is there: whether it may lack, its types, enumeration and bounds."""

    optional: bool
    types: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    bounds: tuple[float | None, float | None] = (None, None)


def shapes(schema: Mapping[str, Any]) -> dict[str, Shape]:
    """The fields of a `$jsonSchema`, as the registry generates it or as a server shows it."""
    return {
        name: Shape(
            name not in schema["required"],
            _types(part.get("bsonType", ())),
            frozenset(part.get("enum", ())),
            (part.get("minimum"), part.get("maximum")),
        )
        for name, part in schema["properties"].items()
    }


def _types(told: str | list[str]) -> frozenset[str]:
    return frozenset([told] if isinstance(told, str) else told)


def wrong_fields(entry: Mapping[str, Any], there: Mapping[str, Shape]) -> list[str]:
    """The wanted fields that lack, may not lack, or are of another type, enumeration or bounds."""
    wanted = {
        word.rstrip("?"): word.endswith("?") for word in (*entry.get("key", []), *entry.get("fields", []))
    }
    found = [f"lacks {name}" for name in wanted if name not in there]
    found += [
        f"{name} must be there"
        for name, may in wanted.items()
        if may and name in there and not there[name].optional
    ]
    for name, shape in there.items():
        if (kind := entry.get("types", {}).get(name)) and kind not in shape.types:
            found.append(f"{name} is no {kind}")
        if shape.values != frozenset(entry.get("values", {}).get(name, shape.values)):
            found.append(f"{name} is one of {sorted(shape.values)}")
        if shape.bounds != tuple(entry.get("bounds", {}).get(name, shape.bounds)):
            found.append(f"{name} lies within {shape.bounds}")
    return found


def _key(word: str) -> tuple[str, int | str]:
    kind, colon, name = word.partition(":")
    if colon:
        return name, {"text": "text", "geo": "2dsphere"}[kind]
    return (word[1:], -1) if word.startswith("-") else (word, 1)
