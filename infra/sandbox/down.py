"""`down`: ends a sandbox; with purge forgets it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

from app_core.errors import RefusedError, SwapskillError
from infra.sandbox import cleanup, contexts, evidence, state, underway
from infra.sandbox.holding import hold
from infra.sandbox.home import SandboxPaths, paths
from infra.sandbox.layout import files_outside
from infra.sandbox.sockets import remove_stale
from infra.topology import Node, load_topology


@dataclass(frozen=True)
class DownResult:
    """What `down` ended."""

    name: str
    processes: int
    purged: bool
    seconds: float


def down(name: str, *, purge: bool = False, force: bool = False) -> DownResult:
    """End every process of the sandbox, whatever state an interrupted command left it in.

    Data stay, unless `purge`, and so do logs that are kept of failed starts. Where there is none, what a
    killed purge of it left is removed.
    Raises RefusedError (6) naming the operation that is under way; with `force` that is ended first.
    """
    where = paths(name)
    started = time.monotonic()
    with hold(where, f"down {name}"), underway.excluded(where, f"down {name}", force):
        cleanup.finish_purge(where)
        outside = _files_outside(where)
        ended = cleanup.stop_everything(where, _entrances(where))
        remove_stale(outside)
        if purge:
            cleanup.purge(where)
            evidence.forget(name)
        else:
            _mark_stopped(where)
    return DownResult(name, ended, purge, round(time.monotonic() - started, 3))


def _entrances(where: SandboxPaths) -> tuple[str, ...]:
    return tuple(node.name for node in _nodes(where) if node.kind in ("router", "proxy"))


def _nodes(where: SandboxPaths) -> tuple[Node, ...]:
    """The sandbox's nodes; none when its topology is not there or no longer readable: `down` goes on."""
    try:
        return load_topology(str(where.topology)).nodes()
    except SwapskillError:
        return ()


def _files_outside(where: SandboxPaths) -> tuple[Path, ...]:
    """Sockets that servers of this sandbox put at fixed places outside its directory.

    Their names carry ports, which are taken within one state directory: those of another may be the same.
    """
    try:
        box = contexts.box(where.root.name)
        started = [node for node in box.nodes if box.dir(node.name).exists()]
        return files_outside(started, box.ports)
    except (SwapskillError, OSError, LookupError):  # half made or damaged: such a server did not start
        return ()


def _mark_stopped(where: SandboxPaths) -> None:
    try:
        current = state.read(where)
    except RefusedError:  # damaged: everything is ended, the file is for the user to judge
        return
    if current is not None:
        state.write(where, replace(current, phase="stopped", ttl_until=None))
