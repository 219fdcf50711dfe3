"""`up`: from a topology to a running cluster; a failed start names the member and cleans up."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator, Iterable
from dataclasses import dataclass, replace

from app_core.errors import RefusedError, SwapskillError, TimedOutError, UsageError
from infra.credentials import generate_secrets, write_private
from infra.locks import HeldError, locked
from infra.pki import ensure_pki
from infra.sandbox import cleanup, contexts, evidence, machine, ports, state, ttl
from infra.sandbox.box import Box
from infra.sandbox.forming import form
from infra.sandbox.holding import hold
from infra.sandbox.home import SandboxPaths, home, paths
from infra.sandbox.layout import files_outside, sandbox_nodes
from infra.sandbox.phases import Clock, Phase, Progress
from infra.sandbox.sockets import is_taken
from infra.topology import Node, Topology, load_topology

_PORTS_WAIT_S = 10.0


@dataclass(frozen=True)
class UpResult:
    """What `up` made."""

    name: str
    topology: str
    changed: bool
    seconds: float
    phases: tuple[Phase, ...]

    def as_table(self) -> str:
        """The sum; the phases were told as they passed."""
        what = f"started in {self.seconds:.1f} s" if self.changed else "runs already"
        return f"{self.name} (topology {self.topology}): {what}"


def up(
    name: str, topology: Topology, progress: Progress = lambda _: None, time_to_live: float | None = None
) -> UpResult:
    """Start a sandbox, or finish one that an interrupted `up` began; a running one stays as it is.

    `time_to_live`: seconds after which it ends by itself, also one that runs already.

    Raises RefusedError (6) when another command works on it, TimedOutError (7) when it does not form,
    SwapskillError (1) when a member's process dies: with the last log lines of the members concerned. The
    logs of a first start that failed are kept (`evidence`), since nothing else of it is.
    """
    where = paths(name)
    with hold(where, f"up {name}"):
        cleanup.finish_purge(where)
        existing = state.read(where)
        _known(where, existing)
        _same_topology(where, existing, topology)
        if existing is not None and contexts.runs(where):
            _running(where, existing, time_to_live)
            return UpResult(name, existing.topology, False, 0.0, ())
        return _start(where, topology, existing, Clock(progress), time_to_live)


def _known(where: SandboxPaths, existing: state.SandboxState | None) -> None:
    """Data without a state are no sandbox, and nothing for a new one to start on."""
    members = where.root / "members"
    if existing is None and members.is_dir() and any(members.iterdir()):
        raise RefusedError(
            "there are data without a state file",
            on=str(where.root),
            why=f"{where.state.name} is missing",
            hint=f"swapctl down --purge --name {where.root.name}, or swapctl up --name ANOTHER",
        )


def _same_topology(where: SandboxPaths, existing: state.SandboxState | None, topology: Topology) -> None:
    """A sandbox keeps the topology that it was made with: its ports and data belong to those members."""
    if existing is None or existing.phase == "starting":
        return
    name, purge = where.root.name, f"swapctl down --purge --name {where.root.name}"
    try:
        kept = load_topology(where.topology)
    except UsageError as error:
        raise RefusedError(
            "the sandbox's own topology cannot be used", on=name, why=str(error), hint=purge
        ) from None
    if not kept.equals(topology):
        raise RefusedError(
            f"this sandbox was made from another topology ({existing.topology})",
            on=name,
            hint=f"swapctl up --name {name} --topology {where.topology}, or {purge}",
        )


def _running(where: SandboxPaths, current: state.SandboxState, time_to_live: float | None) -> None:
    """Write that the sandbox runs; a time to live is armed before, so that none is lost with this process."""
    armed = current if time_to_live is None else ttl.arm(where, current, time_to_live)
    state.write(where, armed.with_phase("running"))


def _start(
    where: SandboxPaths,
    topology: Topology,
    existing: state.SandboxState | None,
    clock: Clock,
    time_to_live: float | None,
) -> UpResult:
    cleanup.stop_everything(where)
    if existing is not None and existing.phase == "starting":
        cleanup.purge(where)  # never came up, so nothing was ever acknowledged there
        existing = None
    fresh = existing is None
    try:
        box = _prepare(where, topology, existing)
        clock.mark("ports, certificates, secrets")
        form(box, clock)
        current = state.read(where)
        assert current is not None
        _running(where, current, time_to_live)
    except BaseException as error:
        told = _given_up(where, topology, error, fresh)
        if told is not None:
            raise told from error
        raise
    evidence.forget(where.root.name)
    total = round(time.monotonic() - clock.started, 3)
    return UpResult(where.root.name, topology.name, True, total, tuple(clock.phases))


def _given_up(
    where: SandboxPaths, topology: Topology, error: BaseException, fresh: bool
) -> SwapskillError | None:
    """Clean up after a start that failed; the error with what the logs say of it, where it is ours."""
    words = logs = None
    try:
        words = _last_words(where, topology, error)
    finally:
        cleanup.stop_everything(where)
        if fresh:
            logs = evidence.keep(where) if words is not None else None
            cleanup.purge(where)
    return evidence.explained(error, words or "", logs) if isinstance(error, SwapskillError) else None


def _last_words(where: SandboxPaths, topology: Topology, error: BaseException) -> str | None:
    """What the members that the error is about wrote last; None where nothing failed: it was interrupted.

    To be asked while the processes live: those that do not listen are the ones to look at.
    """
    if not isinstance(error, Exception):
        return None
    current = state.read(where)
    if current is None:
        return ""
    on = error.on if isinstance(error, SwapskillError) else None
    silent = evidence.silent_members(current.ports)
    return evidence.last_words(where, evidence.concerned(sandbox_nodes(topology), on, silent))


def _prepare(where: SandboxPaths, topology: Topology, existing: state.SandboxState | None) -> Box:
    _make_directories(where)
    nodes = sandbox_nodes(topology)
    programs = machine.chosen_programs(topology)
    if existing is not None:
        state.write(where, replace(existing, phase="restarting", programs=programs))
    chosen = existing.ports if existing is not None else _take_ports(where, topology, programs)
    generate_secrets(where.credentials)
    ensure_pki(where.credentials, [node.name for node in nodes])
    return Box(where.root.name, topology, where, chosen, programs)


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


def _take_ports(
    where: SandboxPaths, topology: Topology, programs: dict[str, str]
) -> dict[str, dict[str, int]]:
    """Take a free block and write the state in one go under the lock of all sandboxes.

    Raises RefusedError (6) when a sandbox's state cannot be read: it may be stopped, and its ports seem free.
    """
    with _ports_lock(where):
        others = [state.read(other) for other in state.all_paths()]
        taken = [
            port for other in others if other for named in other.ports.values() for port in named.values()
        ]
        nodes = sandbox_nodes(topology)
        chosen = ports.allocate(nodes, taken, lambda block: not _used_outside(nodes, block))
        write_private(where.topology, topology.source)
        state.write(
            where,
            state.SandboxState(where.root.name, topology.name, chosen, state.now(), programs=programs),
        )
    return chosen


@contextlib.contextmanager
def _ports_lock(where: SandboxPaths) -> Generator[None, None, None]:
    lock = where.root.parent / ".ports.lock"
    try:
        with locked(lock, f"ports of {where.root.name}", wait=_PORTS_WAIT_S):
            yield
    except HeldError as error:
        raise TimedOutError(
            f"another `up` has been taking ports for {_PORTS_WAIT_S:g} s",
            on=str(lock),
            why=str(error.holder or "held by another process"),
            hint="the same again",
        ) from None


def _used_outside(nodes: Iterable[Node], block: ports.Ports) -> bool:
    """Whether sockets that a store would make are taken, as by another user's sandbox."""
    return any(is_taken(path) for path in files_outside(nodes, block))
