"""Finds and reads the log files of a sandbox's members."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from cluster_cli.logs.lines import Line, merge, parse
from cluster_cli.targets import resolve
from infra.context import Context
from infra.sandbox.evidence import log_files

_FIRST_TAIL_BYTES = 2**20
"""How much of a file's end is looked at first; then twice as much, until it begins early enough."""
_LINES_TO_A_TIME = 1000
"""More than a stack or a statement has lines without a time."""


def collect(ctx: Context, members: tuple[str, ...], since: float | None, grep: str | None) -> list[Line]:
    """The members' log lines of the last `since` seconds (None: all), merged by time."""
    earliest = datetime.now(UTC) - timedelta(seconds=since) if since is not None else None
    offset = timedelta(seconds=time.localtime().tm_gmtoff)
    sources = (
        parse(member, _read(path, earliest, offset), offset)
        for member in members
        for path in log_files(ctx.state_dir / "members" / member)
    )
    return merge(filter(lambda line: _wanted(line, earliest, grep), lines) for lines in sources)


def _wanted(line: Line, earliest: datetime | None, grep: str | None) -> bool:
    if earliest is not None and line.at < earliest:
        return False
    return grep is None or grep.lower() in line.text.lower()


def _read(path: Path, earliest: datetime | None, offset: timedelta) -> Iterator[str]:
    with open(path, "rb") as file:
        _seek(file, earliest, offset)
        yield from _decoded(file)


def _seek(file: BinaryIO, earliest: datetime | None, offset: timedelta) -> None:
    """Go to the beginning of a line before the first one of that time, without reading all of a long file."""
    size, tail = file.seek(0, os.SEEK_END), _FIRST_TAIL_BYTES
    while earliest is not None and tail < size:
        file.seek(size - tail)
        file.readline()  # the cut line
        start = file.tell()
        first = next(parse("", _decoded(itertools.islice(file, _LINES_TO_A_TIME)), offset), None)
        if first is not None and first.at < earliest:
            file.seek(start)
            return
        tail *= 2
    file.seek(0)


def _decoded(lines: Iterable[bytes]) -> Iterator[str]:
    return (line.decode("utf-8", "replace") for line in lines)


def members_of(ctx: Context, target: str | None) -> tuple[str, ...]:
    """The member that the target names, or all without one. Raises as `targets.resolve` does."""
    return tuple(ctx.endpoints) if target is None else (resolve(ctx, target),)
