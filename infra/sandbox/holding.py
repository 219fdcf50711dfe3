"""One command at a time works on a sandbox: `up` and `down` hold its lock."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from app_core.errors import RefusedError
from infra.locks import HeldError, locked
from infra.sandbox.home import SandboxPaths


@contextmanager
def hold(where: SandboxPaths, what: str) -> Generator[None, None, None]:
    """Hold the sandbox's lock; RefusedError naming the holder when somebody else does."""
    try:
        with locked(where.lock, what):
            try:
                yield
            finally:
                if not where.root.exists():  # nothing to lock any more
                    where.lock.unlink(missing_ok=True)
    except HeldError as error:
        raise RefusedError(
            "another command works on this sandbox",
            on=where.root.name,
            why=str(error.holder or "held by another process"),
            hint="wait for it, or end that process; its lock ends with it",
        ) from None
