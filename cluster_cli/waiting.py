"""Bounded waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(condition: Callable[[], bool], timeout: float, interval: float = 0.05) -> bool:
    """Poll until the condition holds; False when `timeout` seconds passed without it."""
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() >= end:
            return False
        time.sleep(interval)
    return True


def ask_until(ask: Callable[[], T | None], timeout: float, interval: float = 0.05) -> T | None:
    """Ask until there is an answer; None when `timeout` seconds passed without one."""
    end = time.monotonic() + timeout
    while (answer := ask()) is None and time.monotonic() < end:
        time.sleep(interval)
    return answer


def again_while(
    passes: Callable[[Exception], bool], act: Callable[[], T], timeout: float, interval: float = 0.05
) -> T:
    """The result of what may be done twice; tried again while its error is one that passes.

    Raises the error that does not pass at once, and the last one when `timeout` seconds are over.
    """
    end = time.monotonic() + timeout
    while True:
        try:
            return act()
        except Exception as error:
            if not passes(error) or time.monotonic() > end:
                raise
        time.sleep(interval)
