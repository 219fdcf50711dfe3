"""An operation that is under way on a sandbox (a drill, a switchover) when the sandbox is to end."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager

from app_core.errors import RefusedError
from infra.locks import HeldError, Holder, locked, read_holder
from infra.sandbox import process
from infra.sandbox.home import SandboxPaths

# A drill lifts its fault on SIGINT; what was started deaf to it hears SIGTERM; a frozen one needs the last.
ENDINGS = ((signal.SIGINT, 15.0), (signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))
_RELEASE_S = 1.0


@contextmanager
def excluded(where: SandboxPaths, what: str, force: bool) -> Generator[None, None, None]:
    """Hold the operation lock, so that none begins; with `force` the one that holds it is ended first.

    Raises RefusedError (6) naming the holder while one lives. A killed holder's lock is free; an operation
    of this very process is its own affair and no obstacle to `force`.
    """
    if not where.root.is_dir():  # nothing to operate on, and locking would make the directory
        yield
        return
    if force and not _end_holder(read_holder(where.operation)):
        yield
        return
    try:
        with locked(where.operation, what, wait=_RELEASE_S if force else 0.0):
            yield
    except HeldError as error:
        raise _refused(where, error.holder) from None


def _end_holder(holder: Holder | None) -> bool:
    """End the operation that holds the lock; whether the lock can be taken then."""
    if holder is not None and holder.pid == os.getpid():
        return False
    for number, patience in ENDINGS:
        if holder is not None and holder.alive:
            process.send([holder.pid], number)
            process.wait_gone([holder.pid], patience)
    return True


def _refused(where: SandboxPaths, holder: Holder | None) -> RefusedError:
    name = where.root.name
    return RefusedError(
        "an operation is under way on this sandbox",
        on=name,
        why=str(holder or "held by another process"),
        hint=f"wait for it to end, or swapctl down --force --name {name}",
    )
