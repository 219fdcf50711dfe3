"""What the kernel says of processes: a platform is judged by what it did, not by its own word."""

from __future__ import annotations

import os
from pathlib import Path


def state(pid: int) -> str | None:
    """The letter of the process's state (R, S, T …); None when there is no such process."""
    return _status(pid).get("State", "").partition(" ")[0] or None


def alive(pid: int) -> bool:
    """Whether the process runs or could: a zombie only waits to be collected."""
    return state(pid) not in (None, "Z", "X")


def user_of(pid: int) -> int | None:
    """The user that the process acts as; None when there is no such process."""
    users = _status(pid).get("Uid")
    return int(users.split()[1]) if users else None


def parent_of(pid: int) -> int:
    """The pid of its parent, 0 when there is none."""
    return int(_status(pid).get("PPid", "0"))


def program_of(pid: int) -> str:
    """The file name of the program that it runs; empty when it is gone."""
    try:
        return Path(os.readlink(f"/proc/{pid}/exe")).name
    except OSError:
        return ""


def with_argument(word: str) -> list[int]:
    """Live processes that were started with this word among their arguments."""
    return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if word in _arguments(pid)]


def _arguments(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


def _status(pid: int) -> dict[str, str]:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines()
    except OSError:
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
