"""`up` with its entry in the log of operations."""

from __future__ import annotations

import contextlib

from app_core.errors import UsageError
from cluster_cli.opslog import LogPlace, record_in, recorded
from infra.sandbox import contexts, state
from infra.sandbox.home import SandboxPaths, paths
from infra.sandbox.phases import Progress
from infra.sandbox.up import UpResult, up
from infra.topology import Topology, load_topology

DEFAULT_TOPOLOGY = "sandbox"


def wanted_topology(topology: str | None, name: str | None) -> Topology:
    """The topology that is named; else the one that the sandbox of this name was made with, or the default.

    Raises UsageError (2) for a topology that cannot be used. One that a sandbox cannot be started with any
    more is `up`'s to tell.
    """
    if topology is None and name is not None and state.read(paths(name)) is not None:
        with contextlib.suppress(UsageError):
            return load_topology(paths(name).topology)
    return load_topology(topology or DEFAULT_TOPOLOGY)


def start(name: str, topology: Topology, progress: Progress, time_to_live: float | None) -> UpResult:
    """As `infra.sandbox.up.up`, which says what it raises.

    An `up` of a sandbox that was ended is recorded whatever becomes of it; a first one, of which nothing is
    left when it fails, once it has ended well.
    """
    where = paths(name)
    if _was_ended(where):
        with recorded(LogPlace(name, where.root), "up", name):
            return up(name, topology, progress, time_to_live)
    result = up(name, topology, progress, time_to_live)
    if result.changed:
        record_in(where.root, "up", name, "ok")
    return result


def _was_ended(where: SandboxPaths) -> bool:
    """Whether it came up once and does not run now."""
    current = state.read(where)
    return current is not None and current.phase != "starting" and not contexts.runs(where)
