"""What this machine lacks for a sandbox: programs, processor, memory, disk, limits."""

from __future__ import annotations

import platform
import resource
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app_core.errors import RefusedError
from infra.sandbox import binaries, cgroup, state
from infra.sandbox.box import OPTIONAL_PROGRAMS
from infra.sandbox.home import home
from infra.topology import Node, Topology

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


@dataclass(frozen=True)
class Problem:
    """Something that would make a start fail: what, on which object, and the command that cures it."""

    what: str
    on: str
    cure: str


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


def chosen_programs(topology: Topology) -> dict[str, str]:
    """The path of each program that is found now, by name: what `up` writes down and every start uses."""
    wanted = (*needed_programs(topology), *(OPTIONAL_PROGRAMS if topology.social is not None else ()))
    found = {name: binaries.find(name, topology.versions.postgresql) for name in wanted}
    return {name: str(path) for name, path in found.items() if path is not None}


def programs(topology: Topology) -> Iterator[Problem]:
    """Programs that are not installed, each with its install line."""
    for program in needed_programs(topology):
        try:
            binaries.require(program, topology.versions.postgresql)
        except RefusedError as error:
            yield Problem("program not found", program, error.hint or "make setup")


def architecture() -> Iterator[Problem]:
    """A processor that the bundled mongod cannot run on."""
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


def memory(nodes: tuple[Node, ...], held: int = 0) -> Iterator[Problem]:
    """Less memory than the members take when they are fresh.

    `held`: MiB that processes hold which end before the members start.
    """
    needed = sum(MEMORY_MIB.get(node.kind, MEMORY_OTHER_MIB) for node in nodes)
    available = _available_memory_mib() + held
    if available < needed:
        yield Problem(
            f"{available} MiB of memory are available, {needed} are needed",
            "memory",
            "swapctl up --topology minimal, or end other programs",
        )


def _available_memory_mib() -> int:
    """What the machine has to give, or what the control group of this process leaves of it."""
    try:
        allowed = cgroup.available_mib(Path("/proc/self/cgroup").read_text())
    except OSError:
        allowed = None
    machine = _machine_memory_mib()
    return machine if allowed is None else min(machine, allowed)


def _machine_memory_mib() -> int:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) // 1024
    return 0


def disk(nodes: tuple[Node, ...], held: int = 0) -> Iterator[Problem]:
    """Less disk than the members take, and some room to grow.

    `held`: MiB that the sandbox takes already, for data that it keeps or that leave with a killed start.
    """
    existing = next(p for p in (home(), *home().parents) if p.exists())
    fresh = sum(DISK_MIB.get(node.kind, DISK_OTHER_MIB) for node in nodes)
    needed = max(fresh - held, 0) + _GROWTH_MIB
    free = shutil.disk_usage(existing).free // 2**20
    if free < needed:
        yield Problem(
            f"{free} MiB of disk are free, {needed} are needed",
            str(existing),
            _room(existing),
        )


def _room(directory: Path) -> str:
    """How to get disk: a sandbox that is not needed any more is the first thing to give up."""
    names = [where.root.name for where in state.all_paths()]
    purge = f"swapctl down --purge --name {'|'.join(names)}, or " if names else ""
    return f"{purge}make room in {directory}, or export SWAPCTL_HOME=DIRECTORY on another disk"


def open_files() -> Iterator[Problem]:
    """A limit of open files that mongod would hit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < OPEN_FILES_WANTED:
        yield Problem(
            f"the limit of open files is {hard}, {OPEN_FILES_WANTED} are needed",
            "ulimit -n",
            f"ulimit -n {OPEN_FILES_WANTED} (as root: raise it in /etc/security/limits.conf)",
        )
