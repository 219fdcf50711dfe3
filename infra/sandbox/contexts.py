"""Sandboxes as contexts: which one a command means, and what it can do to its members."""

from __future__ import annotations

import os

from app_core.errors import RefusedError, UsageError, nearest
from infra.context import Context
from infra.sandbox import evidence, process, state
from infra.sandbox.box import Box
from infra.sandbox.home import TTL, SandboxPaths, check_name, paths
from infra.sandbox.platform import SandboxPlatform
from infra.topology import load_topology

NAME_VARIABLE = "SWAPCTL_CONTEXT"
"""The environment variable that stands for `--context`; `swapctl env` sets it."""


def load(name: str | None) -> Context:
    """The named sandbox as a context, or the only running one.

    Raises UsageError (2): unknown name, none running, several running and none named; RefusedError (6)
    when the named one's state cannot be read.
    """
    return context_of(box(chosen(name)))


def chosen(name: str | None) -> str:
    """The sandbox's name that a command means."""
    if name is not None:
        return _known(name)
    running = running_names()
    if len(running) == 1:
        return running[0]
    if not running:
        raise _none_runs(present())
    raise UsageError(
        "several sandboxes are running: name one",
        why=", ".join(running),
        hint=f"--context {running[0]}",
    )


def existing(name: str | None) -> str:
    """The sandbox that `down` or `doctor` means: running or not, half started, half purged, damaged,
    or of which only the logs of a failed start are kept (by name alone).

    Raises UsageError (2) for an unknown name, for none at all, and for several without a name.
    """
    names = present()
    if name is not None:
        check_name(name)
        names = sorted({*names, *(of for of, _ in evidence.kept())})
        if name not in names:
            raise _unknown(name, names)
        return name
    if len(names) == 1:
        return names[0]
    if not names:
        raise UsageError("there is no sandbox", hint="swapctl up")
    return chosen(None)


def present() -> list[str]:
    """The names of sandboxes of which a directory is there, in whatever state."""
    return sorted({where.root.name for where in (*state.all_paths(), *state.half_purged())})


def _none_runs(ended: list[str]) -> UsageError:
    why = f"ended: {', '.join(ended)}" if ended else None
    again = f"swapctl up --name {ended[0]}" if ended else "swapctl up"
    return UsageError("no sandbox is running", why=why, hint=again)


def _known(name: str) -> str:
    check_name(name)
    names = [where.root.name for where in state.all_paths() if where.state.exists()]
    if name not in names:
        raise _unknown(name, names)
    return name


def _unknown(name: str, names: list[str]) -> UsageError:
    """Of a name that a forgotten `swapctl env` left in the shell nobody remembers that it was given."""
    left = os.environ.get(NAME_VARIABLE) == name
    hint = f"unset {NAME_VARIABLE}" if left else "swapctl up --name NAME"
    return UsageError("unknown sandbox", on=name, why=nearest(name, names), hint=hint)


def running_names() -> list[str]:
    """The names of sandboxes of which at least one process lives."""
    return [name for name in state.all_states() if runs(paths(name))]


def runs(where: SandboxPaths) -> bool:
    """Whether the sandbox came up, was not ended, and one of its members' processes lives."""
    try:
        current = state.read(where)
    except RefusedError:  # cannot be read
        return False
    return current is not None and current.phase == "running" and is_alive(where)


def is_alive(where: SandboxPaths) -> bool:
    """Whether any recorded process of a member lives; the one that waits for the sandbox's end is none."""
    records = set((where.root / "processes").glob("*.json")) - {where.record(TTL, TTL)}
    return any(identity is not None and identity.alive for identity in map(process.load, records))


def check_alive(name: str) -> None:
    """Raise RefusedError (6) when no member's process lives, so that nobody waits for answers in vain."""
    if not is_alive(paths(name)):
        raise RefusedError("the sandbox does not run", on=name, hint=f"swapctl up --name {name}")


def box(name: str) -> Box:
    """An existing sandbox's box, from its state on disk."""
    where = paths(name)
    current = state.read(where)
    if current is None:
        raise UsageError("unknown sandbox", on=name, hint="swapctl up --name NAME")
    return Box(name, load_topology(str(where.topology)), where, current.ports, current.programs)


def context_of(sandbox: Box) -> Context:
    """The context of a sandbox."""
    return Context(
        name=sandbox.name,
        platform_name="sandbox",
        topology=sandbox.topology,
        endpoints=sandbox.endpoints,
        credentials=sandbox.credentials,
        platform=SandboxPlatform(sandbox),
        state_dir=sandbox.paths.root,
        stand_ins=stand_ins(sandbox),
    )


def stand_ins(sandbox: Box) -> tuple[str, ...]:
    """What stands in for a real part here: the router where `up` found no mongos."""
    if not any(node.kind == "router" for node in sandbox.nodes) or sandbox.program("mongos"):
        return ()
    return ("router",)
