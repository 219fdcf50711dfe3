"""Looks at the machine before a start: everything that is wrong at once, each with its cure."""

from __future__ import annotations

import os
import pwd
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from app_core.errors import RefusedError
from infra.sandbox import contexts, listeners, machine, ports, process, state, usage, versions
from infra.sandbox.home import TTL, paths, unprivileged_user
from infra.sandbox.layout import OUTSIDE, sandbox_nodes
from infra.sandbox.machine import Problem
from infra.topology import Node, Topology

SOCKET_PATH_LIMIT = 107
# The longest socket name in a member's run directory: the server's own and its lock file.
_LONGEST_SOCKET = ".s.PGSQL.65535.lock"


def problems(name: str, topology: Topology) -> list[Problem]:
    """Everything that would keep `up` from working on this machine."""
    nodes = sandbox_nodes(topology)
    checks: tuple[Callable[[], Iterator[Problem]], ...] = (
        lambda: _warm(topology),
        lambda: machine.programs(topology),
        lambda: versions.problems(topology),
        machine.architecture,
        lambda: _directory(name),
        lambda: _outside(nodes),
        lambda: _room(name, nodes),
        machine.open_files,
        lambda: _socket_paths(name, nodes),
        lambda: _ports(name),
        lambda: _state_version(name),
    )
    return [problem for check in checks for problem in check()]


def check(name: str, topology: Topology) -> None:
    """Raise RefusedError (exit 6) that lists all problems, or return."""
    found = problems(name, topology)
    if found:
        lines = "".join(f"\n  - {p.on}: {p.what}\n    {p.cure}" for p in found)
        raise RefusedError(
            "this machine is not ready",
            on=name,
            why=f"{len(found)} problem(s):{lines}",
            hint="swapctl doctor",
        )


def _warm(topology: Topology) -> Iterator[Problem]:
    if topology.social is not None and topology.social.dr == "warm":
        what = "social.dr is warm: a sandbox starts no hidden members of a DR region"
        yield Problem(what, topology.name, "set social.dr to cold and remove `hidden:`")


def _room(name: str, nodes: tuple[Node, ...]) -> Iterator[Problem]:
    """Memory and disk, beyond what this sandbox has already; one that runs takes no more."""
    where = paths(name)
    if contexts.runs(where):
        return
    yield from machine.memory(nodes, usage.memory_mib(process.marked(where.root)))
    yield from machine.disk(nodes, usage.disk_mib(where.root))


def _directory(name: str) -> Iterator[Problem]:
    where = paths(name).root
    existing = next(p for p in (where, *where.parents) if p.exists())
    if not os.access(existing, os.W_OK | os.X_OK):
        yield Problem(
            "the state directory is not writable",
            str(existing),
            "export SWAPCTL_HOME=DIRECTORY",
        )
    elif _is_noexec(existing):
        yield Problem(
            "the file system is mounted noexec",
            str(existing),
            "export SWAPCTL_HOME=DIRECTORY",
        )
    yield from _passable(where)


def _outside(nodes: tuple[Node, ...]) -> Iterator[Problem]:
    stores = [node for node in nodes if node.kind == "objectstore"]
    if stores and not os.access(OUTSIDE, os.W_OK | os.X_OK):
        yield Problem(
            "SeaweedFS makes its sockets there, and you may not write there",
            str(OUTSIDE),
            f"as root: chmod 1777 {OUTSIDE}",
        )


def _is_noexec(directory: Path) -> bool:
    return bool(os.statvfs(directory).f_flag & os.ST_NOEXEC)


def _passable(where: Path) -> Iterator[Problem]:
    """As root, PostgreSQL runs as another user: it must be able to reach its directory."""
    user = unprivileged_user()
    if user is None:
        return
    try:
        pwd.getpwnam(user)
    except KeyError:
        yield Problem(
            f"there is no user {user!r} for PostgreSQL, which refuses root",
            user,
            "make setup",
        )
        return
    for parent in where.parents:
        if parent.exists() and not parent.stat().st_mode & 0o001:
            yield Problem(
                f"user {user!r} cannot pass through it",
                str(parent),
                "export SWAPCTL_HOME=/var/lib/swapctl",
            )


def _socket_paths(name: str, nodes: tuple[Node, ...]) -> Iterator[Problem]:
    longest = max(
        (paths(name).run(node.name) / _LONGEST_SOCKET for node in nodes),
        key=lambda p: len(os.fsencode(p)),
    )
    length = len(os.fsencode(longest))
    if length > SOCKET_PATH_LIMIT:
        yield Problem(
            f"a socket's path would have {length} bytes, the limit is {SOCKET_PATH_LIMIT}",
            str(longest),
            f"export SWAPCTL_HOME={tempfile.gettempdir()}/swapctl (or a shorter --name)",
        )


def _ports(name: str) -> Iterator[Problem]:
    """The ports of a sandbox of which nothing lives may have been taken by somebody else meanwhile."""
    where, purge = paths(name), f"swapctl down --purge --name {name}"
    try:
        current = state.read(where)
    except RefusedError:
        return
    if current is None or current.phase == "starting":  # `up` takes ports anew
        return
    if set(process.marked(where.root)) - set(process.marked(where.root, TTL)):
        return
    every = [(member, port) for member, named in current.ports.items() for port in named.values()]
    taken = [(member, port) for member, port in every if not ports.is_free(port)]
    by = listeners.listeners() if taken else {}
    for member, port in taken:
        cure = f"{listeners.how_to_end(by.get(port), port)}; or, which forgets its data, {purge}"
        yield Problem(f"port {port} is taken by another program", member, cure)


def _state_version(name: str) -> Iterator[Problem]:
    try:
        state.read(paths(name))
    except RefusedError as error:
        yield Problem(
            error.what + (f" ({error.why})" if error.why else ""),
            error.on or name,
            error.hint or "",
        )
