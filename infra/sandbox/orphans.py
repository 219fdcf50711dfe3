"""Sandboxes that live as long as one process: where it was killed, the next command forgets them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from app_core.errors import RefusedError, SwapskillError
from infra.sandbox import cleanup, process, state
from infra.sandbox.down import down
from infra.sandbox.holding import hold
from infra.sandbox.home import SandboxPaths, paths

_OWNER = "owner.json"


def own(name: str) -> None:
    """Tie the sandbox, which may not exist yet, to this process."""
    root = paths(name).root
    root.mkdir(mode=0o711, parents=True, exist_ok=True)
    process.save(root / _OWNER, process.myself())


def orphans() -> list[str]:
    """The names of sandboxes whose owner is gone; one without an owner is nobody's orphan."""
    return [where.root.name for where in state.all_paths() if _is_orphan(where)]


def _is_orphan(where: SandboxPaths) -> bool:
    owner = process.load(where.root / _OWNER)
    return owner is not None and not owner.alive


def is_owned(where: SandboxPaths) -> bool:
    """Whether the process that the sandbox was made for lives."""
    owner = process.load(where.root / _OWNER)
    return owner is not None and owner.alive


def sweep(tell: Callable[[str], None]) -> None:
    """Forget every orphan, and finish what killed purges began.

    One that another command works on is left to it; one that cannot be forgotten is told.
    """
    for where in state.half_purged():
        # what cannot be removed is in the way of nobody but a sandbox of the same name
        with contextlib.suppress(SwapskillError), hold(where, f"down --purge {where.root.name}"):
            cleanup.finish_purge(where)
    for name in orphans():
        try:
            down(name, purge=True)
        except RefusedError:
            continue
        except (SwapskillError, OSError) as error:  # its own trouble, and in nobody else's way
            tell(f"not forgotten yet: {error}; try: swapctl down --purge --name {name}")
            continue
        tell(f"forgot {name}: the process that it was made for was killed")
