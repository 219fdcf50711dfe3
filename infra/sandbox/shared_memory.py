"""The shared memory that the kernel keeps of a killed PostgreSQL: one System V segment a server.

A server removes its own when it ends or starts again. One that is killed and not started again leaves it, and
the kernel has room for a few thousand.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

_SEGMENTS = Path("/proc/sysvipc/shm")
_KEYS = 2**32
"""The kernel shows keys with a sign, PostgreSQL writes them without."""


def remove_left(root: Path) -> None:
    """Remove the segments of a sandbox's servers that no process uses; its root as in `SandboxPaths`."""
    for _, segment in sorted(named(root) & unused()):
        with contextlib.suppress(FileNotFoundError):  # a system without util-linux: nothing else must fail
            subprocess.run(("ipcrm", "-m", str(segment)), check=False, stderr=subprocess.DEVNULL)


def named(root: Path) -> set[tuple[int, int]]:
    """Key and identifier of each segment that the sandbox's servers say they have, those killed as well."""
    return {segment for file in root.glob("members/*/data/postmaster.pid") for segment in _of(file)}


def unused() -> set[tuple[int, int]]:
    """Key and identifier of each segment of this machine that no process has attached."""
    if not _SEGMENTS.exists():  # a kernel without System V memory
        return set()
    rows = [line.split() for line in _SEGMENTS.read_text().splitlines()[1:]]
    return {(int(row[0]) % _KEYS, int(row[1])) for row in rows if row[6] == "0"}


def _of(file: Path) -> Iterator[tuple[int, int]]:
    """Key and identifier in a server's `postmaster.pid`, its seventh line; nothing where that is missing."""
    with contextlib.suppress(OSError, ValueError):
        for line in file.read_text().splitlines()[6:7]:
            key, segment = map(int, line.split())
            yield key % _KEYS, segment
