"""Looks at the machine before a start: everything that is wrong at once, each with its cure."""

from __future__ import annotations

import os
import platform
import pwd
import resource
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from app_core.errors import RefusedError
from infra.sandbox import binaries, ports, state
from infra.sandbox.home import home, paths, unprivileged_user
from infra.sandbox.layout import sandbox_nodes
from infra.topology import Node, Topology

SOCKET_PATH_LIMIT = 107
OPEN_FILES_WANTED = 4096
# Measured resident memory and disk of a fresh member, in MiB; data grow from there.
MEMORY_MIB = {
    "mongod-shard": 145,
    "mongod-config": 145,
    "mongod-arbiter": 90,
    "router": 45,
    "postgres": 90,
}
MEMORY_OTHER_MIB = 40
DISK_MIB = {"mongod-shard": 30, "mongod-config": 30, "postgres": 110, "objectstore": 80}
DISK_OTHER_MIB = 5
_GROWTH_MIB = 512
# The longest socket name in a member's run directory: the server's own and its lock file.
_LONGEST_SOCKET = ".s.PGSQL.65535.lock"


@dataclass(frozen=True)
class Problem:
    """Something that would make a start fail: what, on which object, and the command that cures it."""

    what: str
    on: str
    cure: str


def problems(name: str, topology: Topology) -> list[Problem]:
    """Everything that would keep `up` from working on this machine."""
    nodes = sandbox_nodes(topology)
    checks: tuple[Callable[[], Iterator[Problem]], ...] = (
        lambda: _warm(topology),
        lambda: _programs(topology),
        _architecture,
        lambda: _memory(nodes),
        lambda: _directory(name),
        lambda: _disk(nodes),
        _open_files,
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


def needed_programs(topology: Topology) -> tuple[str, ...]:
    """The programs that a sandbox of this topology runs."""
    needed: list[str] = []
    if topology.social is not None:
        needed.append("mongod")
    if topology.payments is not None:
        needed += [
            "etcd",
            "tini",
            "patroni",
            "postgres",
            "initdb",
            "haproxy",
            "pgbouncer",
            "pgbackrest",
            "weed",
        ]
    return tuple(needed)


def _warm(topology: Topology) -> Iterator[Problem]:
    if topology.social is not None and topology.social.dr == "warm":
        what = "social.dr is warm: a sandbox starts no hidden members of a DR region"
        yield Problem(what, topology.name, "set social.dr to cold and remove `hidden:`")


def _programs(topology: Topology) -> Iterator[Problem]:
    for program in needed_programs(topology):
        try:
            binaries.require(program, topology.versions.postgresql)
        except RefusedError as error:
            yield Problem("program not found", program, error.hint or "make setup")


def _architecture() -> Iterator[Problem]:
    machine = platform.machine()
    bundled = binaries.bundled_mongod()
    if bundled is None or binaries.find("mongod") != bundled:
        return
    if machine != "x86_64":
        yield Problem(
            f"the bundled mongod is for x86_64, this is {machine}",
            "mongod",
            "export SWAPCTL_MONGOD=/path/to/mongod",
        )
    elif "avx" not in _cpu_flags():
        yield Problem(
            "the processor has no AVX, which mongod 5.0 and later need",
            "mongod",
            "use another machine",
        )


def _cpu_flags() -> set[str]:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("flags"):
            return set(line.partition(":")[2].split())
    return set()


def _memory(nodes: tuple[Node, ...]) -> Iterator[Problem]:
    needed = sum(MEMORY_MIB.get(node.kind, MEMORY_OTHER_MIB) for node in nodes)
    available = _available_memory_mib()
    if available < needed:
        yield Problem(
            f"{available} MiB of memory are available, {needed} are needed",
            "memory",
            "swapctl up --topology minimal, or end other programs",
        )


def _available_memory_mib() -> int:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) // 1024
    return 0


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


def _disk(nodes: tuple[Node, ...]) -> Iterator[Problem]:
    existing = next(p for p in (home(), *home().parents) if p.exists())
    needed = sum(DISK_MIB.get(node.kind, DISK_OTHER_MIB) for node in nodes) + _GROWTH_MIB
    free = shutil.disk_usage(existing).free // 2**20
    if free < needed:
        yield Problem(
            f"{free} MiB of disk are free, {needed} are needed",
            str(existing),
            f"df -h {existing}",
        )


def _open_files() -> Iterator[Problem]:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < OPEN_FILES_WANTED:
        yield Problem(
            f"the limit of open files is {hard}, {OPEN_FILES_WANTED} are needed",
            "ulimit -n",
            f"ulimit -n {OPEN_FILES_WANTED} (as root: raise it in /etc/security/limits.conf)",
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
    """The ports of a stopped sandbox may have been taken by somebody else meanwhile."""
    try:
        current = state.read(paths(name))
    except RefusedError:
        return
    if current is None or current.phase != "stopped":
        return
    for member, named in current.ports.items():
        for port in named.values():
            if not ports.is_free(port):
                yield Problem(
                    f"port {port} is taken by another program",
                    member,
                    f"swapctl down --purge --name {name}",
                )


def _state_version(name: str) -> Iterator[Problem]:
    try:
        state.read(paths(name))
    except RefusedError as error:
        yield Problem(
            error.what + (f" ({error.why})" if error.why else ""),
            error.on or name,
            error.hint or "",
        )
