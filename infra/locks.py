"""File locks that end with their holder and can say who holds them."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from infra.sandbox import process

OPERATION = "operation.lock"
"""The lock, in a cluster's state directory, of operations on that cluster."""


@dataclass(frozen=True)
class Holder:
    """Who holds a lock: process, what it does, since when (RFC 3339).

    `ticks`: the process's start in clock ticks since boot, since pids are used again; 0 in an older record.
    """

    pid: int
    what: str
    since: str
    ticks: int = 0

    @property
    def alive(self) -> bool:
        """Whether exactly this process still runs."""
        return process.start_ticks(self.pid) == self.ticks

    def __str__(self) -> str:
        return f"{self.what!r} by pid {self.pid}, since {self.since}"


class HeldError(Exception):
    """The lock is held by somebody who lives."""

    def __init__(self, holder: Holder | None) -> None:
        self.holder = holder
        super().__init__(str(holder))


@contextlib.contextmanager
def locked(path: Path, what: str, wait: float = 0.0) -> Generator[None, None, None]:
    """Hold the lock; HeldError when another process holds it for longer than `wait` seconds.

    The kernel drops the lock when its holder dies: a dead holder's lock is simply free.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = _acquire(path, wait)
    try:
        _write_holder(file, _myself(what))
        yield
    finally:
        file.truncate(0)
        file.close()


def _myself(what: str) -> Holder:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return Holder(os.getpid(), what, since, process.start_ticks(os.getpid()) or 0)


def _acquire(path: Path, wait: float) -> IO[str]:
    end = time.monotonic() + wait
    while True:
        file = open(path, "a+")  # noqa: SIM115 - lives as long as the lock
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_current(path, file):
                return file
            file.close()  # its last holder removed it: the lock is another file now
            continue
        except BlockingIOError:
            holder = _read_holder(file)
            file.close()
            if time.monotonic() >= end:
                raise HeldError(holder) from None
            time.sleep(0.02)


def _is_current(path: Path, file: IO[str]) -> bool:
    try:
        return os.stat(path).st_ino == os.fstat(file.fileno()).st_ino
    except FileNotFoundError:
        return False


def _write_holder(file: IO[str], holder: Holder) -> None:
    file.seek(0)
    file.truncate(0)
    file.write(json.dumps(holder.__dict__))
    file.flush()


def _read_holder(file: IO[str]) -> Holder | None:
    file.seek(0)
    try:
        return Holder(**json.loads(file.read()))
    except (ValueError, TypeError):
        return None


def read_holder(path: Path) -> Holder | None:
    """Who holds the lock now, or None when it is free."""
    try:
        file = open(path, "a+")  # noqa: SIM115 - closed below
    except OSError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _read_holder(file)
    return None
