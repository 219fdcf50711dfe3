"""Ends a long operation tidily when its process is told to end."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def terminated_as_interrupt() -> Iterator[None]:
    """SIGTERM and SIGHUP unwind the block through its `finally`, as Ctrl-C does; exit code 128 + signal.

    Only the first one does: a lost login sends SIGHUP twice, from the terminal and from the shell, and the
    second must not cut the tidying short.
    """

    def unwind(number: int, _: FrameType | None) -> None:
        for each in SIGNALS:
            signal.signal(each, lambda *_: None)  # not SIG_IGN: members started meanwhile would inherit it
        raise SystemExit(128 + number)

    old = {number: signal.signal(number, unwind) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
