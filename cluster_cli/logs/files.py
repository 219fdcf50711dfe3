"""Finds and reads the log files of a sandbox's members."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cluster_cli.logs.lines import Line, merge, parse
from cluster_cli.targets import resolve
from infra.context import Context

# Enough for hours of a quiet sandbox; a busy member's older lines are in its file.
_TAIL_BYTES = 4 * 2**20


def collect(ctx: Context, members: tuple[str, ...], since: float | None, grep: str | None) -> list[Line]:
    """The members' log lines of the last `since` seconds (None: all), merged by time."""
    earliest = datetime.now(UTC) - timedelta(seconds=since) if since is not None else None
    offset = timedelta(seconds=time.localtime().tm_gmtoff)
    sources = (
        (line for line in parse(member, _read(path), offset) if _wanted(line, earliest, grep))
        for member in members
        for path in log_files(ctx.state_dir / "members" / member)
    )
    return merge(sources)


def _wanted(line: Line, earliest: datetime | None, grep: str | None) -> bool:
    if earliest is not None and line.at < earliest:
        return False
    return grep is None or grep.lower() in line.text.lower()


def log_files(directory: Path) -> list[Path]:
    """A member's log files."""
    return sorted(p for p in directory.rglob("*.log") if p.is_file())


def _read(path: Path) -> Iterator[str]:
    with open(path, "rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL_BYTES))
        if size > _TAIL_BYTES:
            file.readline()  # the cut line
        for raw in file:
            yield raw.decode("utf-8", "replace")


def members_of(ctx: Context, target: str | None) -> tuple[str, ...]:
    """The member that the target names, or all without one. Raises as `targets.resolve` does."""
    return tuple(ctx.endpoints) if target is None else (resolve(ctx, target),)
