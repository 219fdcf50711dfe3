"""What a platform can do to a member: small optional protocols that faults are built from.

A platform implements the ones it can: what a fault may be used on follows from them.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import Protocol, runtime_checkable


@runtime_checkable
class Power(Protocol):
    """Start and stop a member in the ordinary way."""

    def start(self, member: str) -> None:
        """Start the member's processes that do not run; data and configuration are kept."""
        ...

    def stop(self, member: str) -> None:
        """Ask the member to end, wait a bounded time, then end it."""
        ...

    def running(self, member: str) -> bool:
        """Whether every process of the member runs."""
        ...

    def pids(self, member: str) -> tuple[int, ...]:
        """All live processes of the member, parents first."""
        ...


@runtime_checkable
class Kill(Protocol):
    """End a member without a word (SIGKILL)."""

    def kill(self, member: str, part: str | None = None) -> None:
        """Kill the member's processes, or one named part of it; return when they are gone."""
        ...


@runtime_checkable
class Pause(Protocol):
    """Freeze a member: it keeps its ports and sockets and answers nothing (SIGSTOP)."""

    def pause(self, member: str) -> None:
        """Freeze every process of the member."""
        ...

    def resume(self, member: str) -> None:
        """Thaw every process of the member."""
        ...


@runtime_checkable
class Execute(Protocol):
    """Run a program where a member lives, as the user that the member runs as."""

    def execute(
        self, member: str, argv: Sequence[str], *, input: str | None = None, timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end with the member's environment; TimedOutError after `timeout` seconds."""
        ...
