"""What a sandbox holds of this machine: memory of its processes, disk of its directory."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

_BLOCK = 512
"""The unit of st_blocks, whatever the file system's own."""


def memory_mib(pids: Iterable[int]) -> int:
    """Memory that the end of the processes frees, in MiB; nothing for those that may not be looked at."""
    return sum(_proportional_kib(pid) for pid in pids) // 1024


def _proportional_kib(pid: int) -> int:
    """Pages that several processes share (PostgreSQL's buffers) count once over all of them."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def disk_mib(directory: Path) -> int:
    """Disk that the directory's files take, in MiB; 0 where it is not there."""
    blocks = 0
    for parent, _, files in os.walk(directory):
        for name in files:
            with contextlib.suppress(OSError):  # gone meanwhile
                blocks += os.lstat(os.path.join(parent, name)).st_blocks
    return blocks * _BLOCK // 2**20
