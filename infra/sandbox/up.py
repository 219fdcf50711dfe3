"""`up`: from a topology to a running cluster; a failed start names the member and cleans up."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from app_core.errors import RefusedError
from infra.credentials import generate_secrets, write_private
from infra.locks import locked
from infra.pki import ensure_pki
from infra.sandbox import cleanup, contexts, machine, ports, state
from infra.sandbox.box import Box
from infra.sandbox.forming import form
from infra.sandbox.holding import hold
from infra.sandbox.home import SandboxPaths, home, paths
from infra.sandbox.layout import sandbox_nodes
from infra.sandbox.phases import Clock, Phase, Progress
from infra.topology import Topology


@dataclass(frozen=True)
class UpResult:
    """What `up` made."""

    name: str
    topology: str
    changed: bool
    seconds: float
    phases: tuple[Phase, ...]


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
        return _start(where, topology, existing, Clock(progress))


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


def _start(
    where: SandboxPaths,
    topology: Topology,
    existing: state.SandboxState | None,
    clock: Clock,
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
    with locked(where.root.parent / ".ports.lock", "ports", wait=10.0):
        others = [state.read(other) for other in state.all_paths()]
        taken = [
            port for other in others if other for named in other.ports.values() for port in named.values()
        ]
        chosen = ports.allocate(sandbox_nodes(topology), taken)
        write_private(where.topology, topology.source)
        state.write(
            where,
            state.SandboxState(where.root.name, topology.name, chosen, state.now(), programs=programs),
        )
    return chosen
