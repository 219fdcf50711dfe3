"""The operation lock: switchover, failover, drill, restore and plays on one cluster exclude each other."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from app_core.errors import RefusedError
from infra.context import Context
from infra.locks import HeldError, Holder, locked, read_holder

FILE = "operation.lock"


@contextlib.contextmanager
def operation(ctx: Context, what: str) -> Iterator[None]:
    """Hold the cluster's operation lock; RefusedError (exit 6) naming the holder when it is held.

    The lock ends with its holder's process, so one that was killed blocks nobody.
    """
    try:
        with locked(ctx.state_dir / FILE, what):
            yield
    except HeldError as error:
        raise RefusedError(
            "another operation is under way",
            on=ctx.name,
            why=describe(error.holder),
            hint="wait for it to end: swapctl ops log --context " + ctx.name,
        ) from None


def holder(ctx: Context) -> Holder | None:
    """Who holds the operation lock now; None when nobody does."""
    return read_holder(ctx.state_dir / FILE)


def describe(found: Holder | None) -> str:
    """A sentence that names the holder of a lock."""
    if found is None:
        return "held by another process"
    return f"{found.what!r} by pid {found.pid}, since {found.since}"
