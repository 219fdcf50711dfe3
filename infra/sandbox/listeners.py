"""Who listens on a TCP port of this machine, and how that is ended."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from infra.sandbox import process

_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
_LISTEN = "0A"
_STATE, _INODE = 3, 9


def listeners() -> dict[int, int]:
    """The process of each TCP port that is listened on; those of other users are seen by root alone."""
    sockets = _listening_sockets()
    found: dict[int, int] = {}
    for pid in process.all_pids():
        for inode in _sockets_of(pid) & sockets.keys():
            found.setdefault(sockets[inode], pid)
    return found


def _listening_sockets() -> dict[str, int]:
    """The ports that are listened on, by their sockets' inodes."""
    found: dict[str, int] = {}
    for table in _TABLES:
        with contextlib.suppress(OSError):  # a machine without IPv6
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[_STATE] == _LISTEN:
                    found[fields[_INODE]] = int(fields[1].rpartition(":")[2], 16)
    return found


def _sockets_of(pid: int) -> set[str]:
    """The inodes of the process's sockets; none where that is another user's, or gone."""
    directory, found = f"/proc/{pid}/fd", set[str]()
    with contextlib.suppress(OSError):
        for name in os.listdir(directory):
            with contextlib.suppress(OSError):  # closed meanwhile
                target = os.readlink(f"{directory}/{name}")
                if target.startswith("socket:["):
                    found.add(target[len("socket:[") : -1])
    return found


def how_to_end(pid: int | None, port: int) -> str:
    """The command that frees the port of its listener; None: one that this user may not see."""
    if pid is None:
        return f"as root: ss -ltnp 'sport = :{port}' names the process: end it"
    sandbox = process.sandbox_of(pid)
    if sandbox is not None:  # a member's process alone would be missed by the others
        return f"SWAPCTL_HOME={sandbox.parent.parent} swapctl down --name {sandbox.name}"
    return f"kill {pid} ends {process.program(pid) or 'the process'}"
