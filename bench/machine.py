"""Names the machine that a figure was measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def describe() -> str:
    """Cores, memory, processor and kernel in one line."""
    return f"{os.cpu_count()} cores, {_memory_gib()} GiB, {_processor()}, Linux {platform.release()}"


def _memory_gib() -> int:
    line = next(x for x in Path("/proc/meminfo").read_text().splitlines() if x.startswith("MemTotal:"))
    return round(int(line.split()[1]) / 2**20)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
