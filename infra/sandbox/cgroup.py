"""How much memory the control groups of this process leave: in a container less than the machine has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

SYSTEM = Path("/sys/fs/cgroup")
_V2 = ("memory.max", "memory.current", "inactive_file")
_V1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


def available_mib(own: str, system: Path = SYSTEM) -> int | None:
    """What is left below the tightest limit, in MiB; None where there is none.

    `own`: the text of /proc/self/cgroup. Cached pages that the kernel would give back count as free.
    """
    left = [_left(group, *names) for group, names in _groups(own, system)]
    return min((found // 2**20 for found in left if found is not None), default=None)


def _groups(own: str, system: Path) -> Iterator[tuple[Path, tuple[str, str, str]]]:
    """Every group that limits this process, with its files' names; in a container the root is its own."""
    for line in own.splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers or "memory" in controllers.split(","):
            top, names = (system, _V2) if not controllers else (system / "memory", _V1)
            own_group = top / path.lstrip("/")
            yield from (
                (group, names) for group in (own_group, *own_group.parents) if group.is_relative_to(top)
            )


def _left(group: Path, limit: str, usage: str, inactive: str) -> int | None:
    try:
        maximum = (group / limit).read_text().strip()
        if maximum == "max":
            return None
        used = int((group / usage).read_text())
        statistics = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        return max(0, int(maximum) - used + int(statistics.get(inactive, 0)))
    except (OSError, ValueError):  # no such group here, or none with a limit
        return None
