"""`up`: from a topology to a running cluster; a failed start names the member and cleans up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app_core.errors import RefusedError, SwapskillError, TimedOutError
from infra.credentials import generate_secrets, write_private
from infra.locks import HeldError, Holder, locked
from infra.pki import ensure_pki
from infra.sandbox import cleanup, contexts, members, ports, state
from infra.sandbox.box import Box
from infra.sandbox.home import SandboxPaths, home, paths
from infra.sandbox.layout import sandbox_nodes
from infra.sandbox.members import Started
from infra.sandbox.plugins import bootstrap_function
from infra.sandbox.spec import NodePlan
from infra.topology import Topology

START_TIMEOUT_S = 90.0
_POLL_S = 0.015
_LOG_LINES = 12
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Phase:
    """One phase of a start and how long it took."""

    name: str
    seconds: float


@dataclass(frozen=True)
class UpResult:
    """What `up` made."""

    name: str
    topology: str
    changed: bool
    seconds: float
    phases: tuple[Phase, ...]


class _Step(Protocol):
    """A step of the bootstrap, timed by itself: steps of the two domains run side by side."""

    @property
    def name(self) -> str: ...

    @property
    def seconds(self) -> float: ...


class _Clock:
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


def up(name: str, topology: Topology, progress: Progress = lambda _: None) -> UpResult:
    """Start a sandbox, or finish one that an interrupted `up` began; a running one stays as it is.

    Raises RefusedError (6) when another command works on it, TimedOutError (7) when it does not form,
    SwapskillError (1) when a member's process dies.
    """
    where = paths(name)
    with hold(where, f"up {name}"):
        existing = state.read(where)
        _same_topology(where, existing, topology)
        if existing is not None and existing.phase == "running" and contexts.is_alive(where):
            return UpResult(name, existing.topology, False, 0.0, ())
        return _start(where, topology, existing, _Clock(progress))


def _same_topology(where: SandboxPaths, existing: state.SandboxState | None, topology: Topology) -> None:
    """A sandbox keeps the topology that it was made with: its ports and data belong to those members."""
    if existing is None or existing.phase == "starting":
        return
    if where.topology.read_text() != topology.source:
        name = where.root.name
        raise RefusedError(
            f"this sandbox was made from another topology ({existing.topology})",
            on=name,
            hint=f"swapctl down --purge --name {name}, or swapctl up --name ANOTHER",
        )


@contextmanager
def hold(where: SandboxPaths, what: str) -> Iterator[None]:
    """Hold the sandbox's lock; RefusedError naming the holder when somebody else does."""
    try:
        with locked(where.lock, what):
            yield
    except HeldError as error:
        raise RefusedError(
            "another command works on this sandbox",
            on=where.root.name,
            why=_describe(error.holder),
            hint="wait for it, or end that process; its lock ends with it",
        ) from None


def _describe(holder: Holder | None) -> str:
    return f"{holder.what!r}, pid {holder.pid}, since {holder.since}" if holder else "held by another process"


def _start(
    where: SandboxPaths,
    topology: Topology,
    existing: state.SandboxState | None,
    clock: _Clock,
) -> UpResult:
    cleanup.stop_everything(where)
    if existing is not None and existing.phase == "starting":
        cleanup.purge(where)  # never came up, so nothing was ever acknowledged there
        existing = None
    fresh = existing is None
    try:
        box = _prepare(where, topology, existing)
        clock.mark("ports, certificates, secrets")
        started = _start_members(box)
        clock.mark(f"{len(started)} processes started")
        _form(box, started, clock)
    except BaseException:
        cleanup.stop_everything(where)
        if fresh:
            cleanup.purge(where)
        raise
    current = state.read(where)
    assert current is not None
    state.write(where, current.with_phase("running"))
    total = round(time.monotonic() - clock.started, 3)
    return UpResult(where.root.name, topology.name, True, total, tuple(clock.phases))


def _prepare(where: SandboxPaths, topology: Topology, existing: state.SandboxState | None) -> Box:
    _make_directories(where)
    nodes = sandbox_nodes(topology)
    if existing is not None:
        state.write(where, existing.with_phase("restarting"))
    chosen = existing.ports if existing is not None else _take_ports(where, topology)
    generate_secrets(where.credentials)
    ensure_pki(where.credentials, [node.name for node in nodes])
    return Box(where.root.name, topology, where, chosen)


def _make_directories(where: SandboxPaths) -> None:
    """Directories that the unprivileged user may pass through but not list; secrets closed to all."""
    home().mkdir(mode=0o755, parents=True, exist_ok=True)
    passable = (
        where.root.parent,
        where.root,
        where.root / "members",
        where.root / "run",
    )
    for directory in passable:
        directory.mkdir(mode=0o711, parents=True, exist_ok=True)
        directory.chmod(0o711)
    for directory in (where.credentials, where.root / "processes"):
        directory.mkdir(mode=0o700, exist_ok=True)


def _take_ports(where: SandboxPaths, topology: Topology) -> dict[str, dict[str, int]]:
    """Take a free block and write the state in one go under the lock of all sandboxes."""
    with locked(where.root.parent / ".ports.lock", "ports", wait=10.0):
        taken = [
            port
            for other in state.all_states().values()
            for named in other.ports.values()
            for port in named.values()
        ]
        chosen = ports.allocate(sandbox_nodes(topology), taken)
        write_private(where.topology, topology.source)
        state.write(
            where,
            state.SandboxState(where.root.name, topology.name, chosen, state.now()),
        )
    return chosen


def _start_members(box: Box) -> list[Started]:
    """All members at once: each waits for those that it needs."""

    def one(plan: NodePlan) -> list[Started]:
        members.materialize(box, plan)
        return members.start(box, plan)

    plans = [members.plan_of(box, node) for node in box.nodes]
    with ThreadPoolExecutor(8) as pool:
        return [started for group in pool.map(one, plans) for started in group]


def _form(box: Box, started: list[Started], clock: _Clock) -> None:
    """Run the bootstrap; fail at once when a process dies meanwhile."""
    future = _in_background(bootstrap_function(), contexts.context_of(box), clock.tell)
    _watch(future, started)
    result = future.result()
    clock.mark("bootstrap")
    steps: Iterable[_Step] = getattr(result, "steps", ())
    clock.phases += [Phase(f"bootstrap: {step.name}", step.seconds) for step in steps]


def _in_background(function: Callable[..., object], *arguments: object) -> Future[object]:
    """Run in a daemon thread: when a member dies, nobody waits for the bootstrap's own time-outs."""
    future: Future[object] = Future()

    def run() -> None:
        try:
            future.set_result(function(*arguments))
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="bootstrap", daemon=True).start()
    return future


def _watch(future: Future[object], started: list[Started]) -> None:
    end = time.monotonic() + START_TIMEOUT_S
    while not future.done():
        wait([future], timeout=_POLL_S)
        for item in started:
            if item.popen.poll() is not None:
                raise _died(item)
        if time.monotonic() > end:
            raise TimedOutError(
                "the cluster did not form",
                why=f"{START_TIMEOUT_S:.0f} s passed",
                hint="swapctl doctor",
            )


def _died(item: Started) -> SwapskillError:
    code = item.popen.returncode
    return SwapskillError(
        f"{item.spec.name} ended during the start with code {code}",
        on=item.member,
        why=tail(item.spec.log),
        hint="swapctl doctor",
    )


def tail(log: Path, lines: int = _LOG_LINES) -> str:
    """The last lines of a log file."""
    try:
        text = log.read_text(errors="replace")
    except OSError:
        return f"no log at {log}"
    return "last lines of its log:\n  " + "\n  ".join(text.splitlines()[-lines:])
