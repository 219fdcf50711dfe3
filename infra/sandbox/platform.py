"""What a sandbox can do to its members: power, kill, pause."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app_core.errors import RefusedError, SwapskillError, TimedOutError, UsageError, nearest
from infra.sandbox import members, process, state
from infra.sandbox.box import Box

_STOP_TIMEOUT_S = 10.0
# The kernel frees a large mongod late when every core is busy.
_KILL_TIMEOUT_S = 30.0
_PAUSE_TIMEOUT_S = 10.0
_POLL_S = 0.005
PARTS = ("postmaster", "agent")


@dataclass(frozen=True)
class SandboxPlatform:
    """Implements Power, Kill and Pause for one sandbox."""

    box: Box

    def pids(self, member: str) -> tuple[int, ...]:
        """All live processes of the member, parents first."""
        self._check(member)
        return process.marked(self.box.paths.root, member)

    def running(self, member: str) -> bool:
        """Whether every process of the member lives."""
        self._check(member)
        plan = members.plan_of(self.box, self.box.node(member))
        return all(members.is_running(self.box, member, spec.name) for spec in plan.processes)

    def frozen(self, member: str) -> bool:
        """Whether the member is paused."""
        pids = self.pids(member)
        return bool(pids) and all(process.is_frozen(pid) for pid in pids)

    def start(self, member: str) -> None:
        """Start the member's processes that do not run; its files are written anew.

        Raises RefusedError (6) when the sandbox was ended: nothing may start that `down` would not see.
        """
        self._check(member)
        self._check_running()
        plan = members.plan_of(self.box, self.box.node(member))
        members.materialize(self.box, plan)
        members.start(self.box, plan)

    def stop(self, member: str) -> None:
        """SIGTERM, at most 10 s of patience, then SIGKILL."""
        pids = self.pids(member)
        process.send(pids, signal.SIGCONT)
        process.send(process.roots(pids), signal.SIGTERM)
        if process.wait_gone(pids, _STOP_TIMEOUT_S):
            self.kill(member)

    def kill(self, member: str, part: str | None = None) -> None:
        """SIGKILL of all processes of the member, or of one part; returns when they are gone."""
        end = time.monotonic() + _KILL_TIMEOUT_S
        while time.monotonic() < end:
            pids = self._part(member, part)
            if not pids:
                return
            process.send(pids, signal.SIGKILL)
            process.wait_gone(pids, timeout=1.0)
            if part is not None:  # a part may come back at once: that is what the drill watches
                return
        raise SwapskillError("processes survive SIGKILL", on=member, hint="swapctl down")

    def pause(self, member: str) -> None:
        """Freeze every process of the member; returns when all are.

        Raises TimedOutError when one is still awake after 10 s.
        """
        end = time.monotonic() + _PAUSE_TIMEOUT_S
        # again and again: a process may have started a child between the look and the signal
        while awake := [pid for pid in self.pids(member) if not process.is_frozen(pid)]:
            if time.monotonic() > end:
                raise TimedOutError("processes do not freeze", on=member, hint=f"swapctl resume {member}")
            process.send(awake, signal.SIGSTOP)
            time.sleep(_POLL_S)

    def resume(self, member: str) -> None:
        """Thaw every process of the member, children first so that no parent misses them."""
        process.send(reversed(self.pids(member)), signal.SIGCONT)

    def execute(
        self, member: str, argv: Sequence[str], *, input: str | None = None, timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """Run a program in the member's directory, as its user, with its marks: `down` finds it too."""
        self._check(member)
        plan = members.plan_of(self.box, self.box.node(member))
        user = self.box.unprivileged_user if plan.unprivileged else None
        marks = process.marks_of(self.box.paths.root, member)
        try:
            return process.run(argv, self.box.dir(member), marks, user, input, timeout)
        except subprocess.TimeoutExpired:
            raise TimedOutError(f"{Path(argv[0]).name} did not end within {timeout:g} s", on=member) from None

    def _part(self, member: str, part: str | None) -> tuple[int, ...]:
        pids = self.pids(member)
        if part is None:
            return pids
        if part not in PARTS:
            raise UsageError("unknown part of a member", on=part, why=nearest(part, PARTS))
        server = [pid for pid in pids if process.program(pid) == "postgres"]
        if part == "postmaster":
            return tuple(server[:1])
        return tuple(pid for pid in pids if pid not in server)

    def _check_running(self) -> None:
        current, name = state.read(self.box.paths), self.box.name
        if current is None or current.phase != "running":
            raise RefusedError(
                "the sandbox does not run",
                on=name,
                why=f"it is {current.phase}" if current else "it was removed",
                hint=f"swapctl up --name {name}",
            )

    def _check(self, member: str) -> None:
        if member not in self.box.endpoints:
            raise UsageError(
                "unknown member",
                on=member,
                why=nearest(member, self.box.endpoints),
            )
