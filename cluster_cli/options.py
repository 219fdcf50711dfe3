"""The options that commands share, and the words that their values may have."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

import typer

from app_core.errors import UsageError

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LONGEST_S = 10 * 365 * 86400.0
_DURATION = re.compile(rf"(\d+(?:\.\d+)?)\s*({'|'.join(_UNITS)})?", re.ASCII)


class OutputFormat(StrEnum):
    """How a result is written to stdout."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


def duration(text: str) -> float:
    """Seconds from `90s`, `2m`, `1h`, `500ms` or a plain number of seconds.

    Raises UsageError for what is no time, not above zero, or above ten years.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise UsageError(
            "not a time", on=text, why="wanted: a number and s, m or h", hint="such as 90s or 2m"
        )
    seconds = float(match[1]) * _UNITS[match[2] or "s"]
    if seconds <= 0:
        raise UsageError("a time must be above zero", on=text, hint="such as 90s or 2m")
    if seconds > _LONGEST_S:
        raise UsageError("a time must not exceed ten years", on=text, hint="such as 90s or 2m")
    return seconds


Output = Annotated[OutputFormat, typer.Option("-o", "--output", help="How to write the result.")]
ContextName = Annotated[
    str | None,
    typer.Option(
        "--context",
        "--name",
        envvar="SWAPCTL_CONTEXT",
        show_envvar=True,
        help="The cluster; default: the only running sandbox.",
    ),
]
TARGET_HELP = "A member's name, or <payments|SHARD>-<primary|sync|secondary|dr>."
Target = Annotated[str, typer.Argument(help=TARGET_HELP, show_default=False)]
Yes = Annotated[bool, typer.Option("-y", "--yes", help="Do not ask for a confirmation.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")]
