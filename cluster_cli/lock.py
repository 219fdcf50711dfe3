"""The operation lock: switchover, failover, drill, restore and plays on one cluster exclude each other."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from app_core.errors import RefusedError
from infra.context import Context
from infra.locks import OPERATION, HeldError, locked


@contextlib.contextmanager
def operation(ctx: Context, what: str) -> Iterator[None]:
    """Hold the cluster's operation lock; RefusedError (exit 6) naming the holder when it is held.

    The lock ends with its holder's process, so one that was killed blocks nobody.
    """
    try:
        with locked(ctx.state_dir / OPERATION, what):
            yield
    except HeldError as error:
        raise RefusedError(
            "another operation is under way",
            on=ctx.name,
            why=str(error.holder or "held by another process"),
            hint="wait for it to end: swapctl ops log --context " + ctx.name,
        ) from None
