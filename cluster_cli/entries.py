"""Entry points read from the files that installers write: importlib.metadata costs a quarter of `--help`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator


def entries_of(group: str) -> dict[str, str]:
    """`name -> module:attribute` of every installed distribution's entry points in the group."""
    found: dict[str, str] = {}
    for folder in _metadata_folders():
        try:
            with open(os.path.join(folder, "entry_points.txt"), encoding="utf-8") as file:
                text = file.read()
        except OSError:
            continue
        if f"[{group}]" in text:
            found = {**dict(_section(text, group)), **found}  # the first on the path wins
    return found


def _metadata_folders() -> Iterator[str]:
    for place in dict.fromkeys(sys.path):
        try:
            names = os.listdir(place or ".")
        except OSError:
            continue
        yield from (os.path.join(place, name) for name in names if name.endswith((".dist-info", ".egg-info")))


def _section(text: str, group: str) -> Iterator[tuple[str, str]]:
    inside = False
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            inside = line == f"[{group}]"
        elif inside and "=" in line and not line.startswith(("#", ";")):
            name, _, target = line.partition("=")
            yield name.strip(), target.split("[")[0].strip()
