"""Ends a long operation tidily when its process is told to end."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
Handler = Callable[[int, FrameType | None], None]


@contextmanager
def terminated_as_interrupt() -> Iterator[None]:
    """Ctrl-C, SIGTERM and SIGHUP unwind the block through its `finally`; exit code 128 + signal.

    Only the first one does, and says so; the next ones are answered with a sentence on stderr. A lost login
    sends SIGHUP twice, from the terminal and from the shell; people press Ctrl-C twice; `down --force` sends
    SIGTERM after SIGINT: none of them may cut the tidying short. SIGKILL can, and then the next command does
    it.
    """

    def unwind(number: int, _: FrameType | None) -> None:
        for each in _heard():
            signal.signal(each, _answer)  # not SIG_IGN: members started meanwhile would inherit it
        _tell(number, "tidying up")
        raise SystemExit(128 + number)

    with _handled_by(unwind):
        yield


@contextmanager
def held_back() -> Iterator[None]:
    """A signal waits until the block has ended: for steps that must not be left half-way."""
    noted: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        noted.append(number)
        _answer(number, frame)

    try:
        with _handled_by(note):
            yield
    finally:
        if noted:
            signal.raise_signal(noted[0])


@contextmanager
def _handled_by(handler: Handler) -> Iterator[None]:
    old = {number: signal.signal(number, handler) for number in _heard()}
    try:
        yield
    finally:
        for number, before in old.items():
            signal.signal(number, before)


def _heard() -> tuple[signal.Signals, ...]:
    """All signals but those that whoever started the command made it deaf to: nohup, a shell's background."""
    return tuple(number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN)


def _answer(number: int, _: FrameType | None) -> None:
    _tell(number, "still tidying up; only SIGKILL cuts that short")


def _tell(number: int, what: str) -> None:
    words = f"{signal.Signals(number).name}: {what}\n"
    with contextlib.suppress(OSError):  # print may not be entered again from a handler; nobody may read
        os.write(2, words.encode())
