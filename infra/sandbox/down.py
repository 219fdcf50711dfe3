"""`down`: ends a sandbox; with purge forgets it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from app_core.errors import RefusedError
from infra.sandbox import cleanup, state
from infra.sandbox.home import SandboxPaths, paths
from infra.sandbox.up import hold
from infra.topology import load_topology


@dataclass(frozen=True)
class DownResult:
    """What `down` ended."""

    name: str
    processes: int
    purged: bool
    seconds: float


def down(name: str, *, purge: bool = False) -> DownResult:
    """End every process of the sandbox, whatever state an interrupted command left it in.

    Data stay, unless `purge`. A sandbox that is not there is no error: nothing is left then either.
    """
    where = paths(name)
    started = time.monotonic()
    with hold(where, f"down {name}"):
        ended = cleanup.stop_everything(where, _entrances(where))
        if purge:
            cleanup.purge(where)
            where.lock.unlink(missing_ok=True)
        else:
            _mark_stopped(where)
    return DownResult(name, ended, purge, round(time.monotonic() - started, 3))


def _entrances(where: SandboxPaths) -> tuple[str, ...]:
    if not where.topology.exists():
        return ()
    nodes = load_topology(str(where.topology)).nodes()
    return tuple(node.name for node in nodes if node.kind in ("router", "proxy"))


def _mark_stopped(where: SandboxPaths) -> None:
    try:
        current = state.read(where)
    except RefusedError:  # damaged: everything is ended, the file is for the user to judge
        return
    if current is not None:
        state.write(where, replace(current, phase="stopped", ttl_until=None))
