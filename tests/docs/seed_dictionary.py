"""The dictionary that was asked for, beside a dictionary that is there: what lacks, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


def _key(word: str) -> tuple[str, int | str]:
    kind, colon, name = word.partition(":")
    if colon:
        return name, {"text": "text", "geo": "2dsphere"}[kind]
    return (word[1:], -1) if word.startswith("-") else (word, 1)
