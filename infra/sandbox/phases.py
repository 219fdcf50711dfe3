"""The phases of a start: what took how long, and what the user is told meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Phase:
    """One phase of a start and how long it took."""

    name: str
    seconds: float


class Clock:
    """Collects phases; tells the user."""

    def __init__(self, progress: Progress) -> None:
        self.started = self.last = time.monotonic()
        self.phases: list[Phase] = []
        self.progress = progress

    def mark(self, name: str) -> None:
        """A phase that follows the one before it has ended."""
        now = time.monotonic()
        self.phases.append(Phase(name, round(now - self.last, 3)))
        self.last = now
        self.tell(name)

    def tell(self, what: str) -> None:
        """Tell the user of a step among several that run side by side."""
        self.progress(f"{time.monotonic() - self.started:5.1f} s  {what}")
