"""Writes the list of modules in docs/whats-here.md: the first line of each module's docstring."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "whats-here.md"
MARK = "<!-- below: written by `make docs` -->"
ROOMS = ("app_core", "infra", "cluster_cli", "monitoring")


def modules(room: str) -> Iterator[Path]:
    """The room's Python files in the order of their folders; empty package files are left out."""
    for path in sorted((ROOT / room).rglob("*.py")):
        if path.name != "__init__.py" or path.read_text(encoding="utf-8").strip():
            yield path.relative_to(ROOT)


def sentence(path: Path) -> str:
    """The first line of the module's docstring; SystemExit when there is none."""
    text = ast.get_docstring(ast.parse((ROOT / path).read_text(encoding="utf-8")))
    if not text:
        raise SystemExit(f"{path}: a module says in its first line what it is for")
    return text.splitlines()[0]


def section(room: str) -> str:
    """One room's list."""
    lines = [f"- `{path}`: {sentence(path)}" for path in modules(room)]
    return "\n".join([f"### {room}", "", *lines, ""])


def page(current: str) -> str:
    """The page: what people wrote above the mark, then every room's list."""
    written = current.partition(MARK)[0]
    return written + MARK + "\n\n" + "\n".join(section(room) for room in ROOMS)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}", file=sys.stderr)
