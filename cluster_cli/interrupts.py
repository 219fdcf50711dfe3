"""Ends a long operation tidily when its process is told to end."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def terminated_as_interrupt() -> Iterator[None]:
    """SIGTERM and SIGHUP unwind the block through its `finally`, as Ctrl-C does; exit code 128 + signal."""

    def unwind(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    old = {number: signal.signal(number, unwind) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
