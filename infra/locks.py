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
        _write_holder(file, _myself(what).__dict__)
        yield
    finally:
        _write_holder(file, None)
        os.close(file)


def _myself(what: str) -> Holder:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return Holder(os.getpid(), what, since, process.start_ticks(os.getpid()) or 0)


def _acquire(path: Path, wait: float) -> int:
    """The descriptor that holds the lock."""
    end = time.monotonic() + wait
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_current(path, file):
                return file
            os.close(file)  # its last holder removed it: the lock is another file now
            continue
        except BlockingIOError:
            os.close(file)
            if time.monotonic() >= end:
                raise HeldError(_record(path)) from None
            time.sleep(0.02)


def _is_current(path: Path, file: int) -> bool:
    try:
        return os.stat(path).st_ino == os.fstat(file).st_ino
    except FileNotFoundError:
        return False


def _write_holder(file: int, words: dict[str, object] | None) -> None:
    """Best effort: the kernel keeps the lock, and `down --purge` has to work on a full disk."""
    with contextlib.suppress(OSError):
        os.ftruncate(file, 0)
        if words is not None:
            os.pwrite(file, json.dumps(words).encode(), 0)


def _record(path: Path) -> Holder | None:
    try:
        return Holder(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def read_holder(path: Path) -> Holder | None:
    """Who holds the lock now, or None when it is free, or when its holder could not write who it is.

    Only looks: a reader that took the lock for a moment would be in the way of those who mean to hold it,
    and one that opened the file for writing would make it, as its own, where there is none.
    """
    holder = _record(path)
    return holder if holder is not None and holder.alive else None
