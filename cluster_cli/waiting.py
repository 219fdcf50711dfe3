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
