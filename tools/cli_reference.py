"""Writes docs/cli.md from the commands themselves: the page cannot say anything else than `--help`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from typer.testing import CliRunner

from cluster_cli.lazy import LazyGroup, load_command
from cluster_cli.main import app

PAGE = Path(__file__).parent.parent / "docs" / "cli.md"
HEAD = """# The commands of swapctl

Written by `make docs` from the commands themselves: do not edit. Results go to stdout, words for people to
stderr; `-o json|yaml` gives every result as data.
"""


def commands() -> Iterator[tuple[str, Any]]:
    """Every command and sub-command: the words to type, and the command."""
    root = typer.main.get_command(app)
    assert isinstance(root, LazyGroup)
    for name, target in sorted(root.targets.items()):
        yield from walk(name, load_command(name, target))


def walk(words: str, command: Any) -> Iterator[tuple[str, Any]]:
    """The command, then its sub-commands."""
    yield words, command
    for name, sub in sorted(getattr(command, "commands", {}).items()):
        yield from walk(f"{words} {name}", sub)


def help_text(words: str) -> str:
    """What `swapctl WORDS --help` prints, at a fixed width."""
    result = CliRunner().invoke(
        app, [*words.split(), "--help"], prog_name="swapctl", env={"COLUMNS": "100", "TERMINAL_WIDTH": "100"}
    )
    if result.exit_code:
        raise SystemExit(f"swapctl {words} --help: exit {result.exit_code}: {result.exception}")
    return "\n".join(line.rstrip() for line in result.stdout.strip().splitlines())


def page() -> str:
    """The whole page."""
    sections = [f"## swapctl {words}\n\n```text\n{help_text(words)}\n```\n" for words, _ in commands()]
    return "\n".join([HEAD, f"```text\n{help_text('')}\n```\n", *sections])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(PAGE.parent.parent)}", file=sys.stderr)
