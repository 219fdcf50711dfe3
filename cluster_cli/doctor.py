"""What doctor looks at: the machine (preflight), each sandbox's health, and leftovers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from app_core.errors import RefusedError, SwapskillError
from cluster_cli.drills.armed import armed_in
from cluster_cli.status import read_cluster
from infra.context import load_context
from infra.locks import read_holder
from infra.sandbox import contexts, evidence, orphans, preflight, process, state
from infra.sandbox.home import SandboxPaths
from infra.topology import Topology


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be, and the command that cures it."""

    area: Literal["machine", "health", "leftover"]
    on: str
    what: str
    cure: str


def findings(topology: Topology, name: str | None) -> list[Finding]:
    """Everything found on this machine; limited to one sandbox when named."""
    if name is not None:
        contexts.existing(name)
    every = [where for where in state.all_paths() if name in (None, where.root.name)]
    found = [*_machine(topology, bool(contexts.running_names()))]
    for where in every:
        found += _of(where)
    return [*found, *_half_purged(name), *_failed(name), *(_strangers() if name is None else ())]


def _of(where: SandboxPaths) -> list[Finding]:
    """What is found about one sandbox; an error about it is a finding, not the end of the others'."""
    name = where.root.name
    found: list[Finding] = []
    try:
        found.extend(_leftovers(where))
        found.extend(_health(where))
    except Exception as error:
        cure = error.hint if isinstance(error, SwapskillError) else None
        found.append(
            Finding("health", name, f"cannot be examined: {error}", cure or f"swapctl down --name {name}")
        )
    return found


def _half_purged(name: str | None) -> Iterator[Finding]:
    for where in state.half_purged():
        sandbox = where.root.name
        if name in (None, sandbox) and read_holder(where.lock) is None:
            cure = f"swapctl down --purge --name {sandbox}"
            yield Finding("leftover", sandbox, "its removal was interrupted", cure)


def _failed(name: str | None) -> Iterator[Finding]:
    for sandbox, path in evidence.kept(name):
        cure = f"read them, then swapctl down --purge --name {sandbox}"
        yield Finding("leftover", sandbox, f"logs of a failed start are kept in {path}", cure)


def _strangers() -> Iterator[Finding]:
    for path in state.strangers():
        yield Finding("leftover", str(path), "a directory among the sandboxes that is none", f"rm -r {path}")


def exit_code(found: Sequence[Finding]) -> int:
    """6 when the machine is not ready, 3 when a cluster is unhealthy or something was left behind."""
    if any(item.area == "machine" for item in found):
        return 6
    return 3 if found else 0


def _machine(topology: Topology, running: bool) -> Iterator[Finding]:
    for problem in preflight.problems("doctor", topology):
        if running and problem.on == "memory":
            continue  # the running sandbox is what uses it
        yield Finding("machine", problem.on, problem.what, problem.cure)


def _leftovers(where: SandboxPaths) -> Iterator[Finding]:
    name, cure = where.root.name, f"swapctl down --name {where.root.name}"
    try:
        current = state.read(where)
    except RefusedError as error:
        yield Finding("leftover", name, str(error), error.hint or cure + " --purge")
        return
    if name in orphans.orphans():
        yield Finding("leftover", name, "the process that it was made for was killed", cure + " --purge")
        return
    if current is None:
        if read_holder(where.lock) is None:  # else an `up` has just begun
            yield Finding("leftover", name, f"it has no {where.state.name}", cure + " --purge")
        return
    yield from _armed(where, running=current.phase == "running")
    if current.phase == "running":
        return
    left = process.marked(where.root)
    if left:
        yield Finding("leftover", name, f"{len(left)} processes of a sandbox that is {current.phase}", cure)


def _armed(where: SandboxPaths, running: bool) -> Iterator[Finding]:
    """Faults of drills that were killed: the next drill is refused, and their victims stay broken."""
    name = where.root.name
    up, cure = f"swapctl up --name {name} --topology {where.topology}", f"swapctl drill undo --context {name}"
    for entry in armed_in(where.root):
        if entry.orphaned:
            what = f"the fault {entry.fault} on {entry.target.words} is armed, and its drill was killed"
            yield Finding("leftover", name, what, cure if running else f"{up}; {cure}")


def _health(where: SandboxPaths) -> Iterator[Finding]:
    name = where.root.name
    if name not in contexts.running_names():
        return
    for problem in read_cluster(load_context(name)).problems:
        yield Finding("health", name, problem, f"swapctl status --context {name}")
