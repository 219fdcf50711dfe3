"""What a bootstrap did: a log of steps that several threads write."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Step:
    """One finished step: whether it changed anything, and how long it took."""

    name: str
    changed: bool
    seconds: float


@dataclass(frozen=True)
class BootstrapResult:
    """All steps in the order in which they ended."""

    steps: tuple[Step, ...]
    changed: bool


@dataclass
class Running:
    """A step under way; its body sets `changed`. None = a wait, which never changes anything."""

    changed: bool | None = None


@dataclass
class StepLog:
    """Collects steps from several threads and tells the user of each."""

    progress: Progress = lambda _: None
    _steps: list[Step] = field(default_factory=list[Step])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def step(self, name: str) -> Iterator[Running]:
        """Run the body as a step; one that fails is not recorded."""
        running, started = Running(), time.monotonic()
        yield running
        step = Step(name, bool(running.changed), round(time.monotonic() - started, 3))
        with self._lock:  # also around the words: lines of several threads must not mix
            self._steps.append(step)
            self.progress(f"{name}: nothing to do" if running.changed is False else name)

    def result(self) -> BootstrapResult:
        """Everything so far."""
        with self._lock:
            steps = tuple(self._steps)
        return BootstrapResult(steps, any(step.changed for step in steps))
