"""Threads that ask one question again and again until told to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Protocol

PERIOD = 0.05
"""Seconds between two questions to one member."""


class Prober(Protocol):
    """One question to one member. `ask` is called each PERIOD; it records, and never raises."""

    def ask(self) -> None:
        """Ask once, and record the answer."""
        ...

    def close(self) -> None:
        """Let go of the connection, also under a call that hangs."""
        ...


class Probers:
    """Runs probers, one thread each, and stops them all."""

    def __init__(self, probers: Sequence[Prober], period: float = PERIOD) -> None:
        self._probers, self._period = probers, period
        self._stop = threading.Event()
        self.crashes: list[str] = []
        """What ended a prober before its time: without it a check knows less than it should."""
        self._threads = [threading.Thread(target=self._run, args=(p,), daemon=True) for p in probers]

    def start(self) -> None:
        """Begin to ask."""
        for thread in self._threads:
            thread.start()

    def stop(self, patience: float = 2.0) -> None:
        """End all; a prober that hangs has its connection closed under it."""
        self._stop.set()
        end = time.monotonic() + patience
        for thread in (thread for thread in self._threads if thread.is_alive()):
            thread.join(max(0.0, end - time.monotonic()))
        for prober in self._probers:
            prober.close()

    def _run(self, prober: Prober) -> None:
        due = time.monotonic()
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            try:
                prober.ask()
            except Exception as error:
                if not self._stop.is_set():  # a connection closed under a late question is no finding
                    self.crashes.append(f"{type(prober).__name__}: {type(error).__name__}: {error}")
                return
            due = max(due + self._period, time.monotonic())
