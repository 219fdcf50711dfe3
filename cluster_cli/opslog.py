"""The log of everything that changed a cluster: who, when, where, what, with which result."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from app_core.errors import SwapskillError
from infra.context import Context

FILE = "operations.jsonl"


@dataclass(frozen=True)
class Entry:
    """One action. `result`: `ok`, or the error's sentence."""

    at: str
    who: str
    where: str
    what: str
    result: str


def record(ctx: Context, what: str, where: str, result: str) -> None:
    """Append one entry to the cluster's log.

    Raises SwapskillError when the cluster was forgotten while the command worked on it.
    """
    try:
        record_in(ctx.state_dir, what, where, result)
    except FileNotFoundError:
        raise SwapskillError(
            "the cluster was removed meanwhile", on=ctx.name, why=what, hint="swapctl status"
        ) from None


def record_in(directory: Path, what: str, where: str, result: str) -> None:
    """Append one entry; a single write, so that concurrent commands do not mix their lines."""
    entry = Entry(_now(), _user(), where, what, result)
    line = json.dumps(asdict(entry), ensure_ascii=False) + "\n"
    descriptor = os.open(directory / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def recorded(ctx: Context, what: str, where: str) -> Iterator[None]:
    """Record an action with its result, also when it fails or is interrupted."""
    try:
        yield
    except BaseException as error:
        record(ctx, what, where, str(error) or type(error).__name__)
        raise
    record(ctx, what, where, "ok")


def entries(ctx: Context) -> list[Entry]:
    """All entries, oldest first; a line that a crash cut short is left out."""
    found: list[Entry] = []
    path = ctx.state_dir / FILE
    if not path.exists():
        return found
    for line in path.read_text().splitlines():
        with contextlib.suppress(ValueError, TypeError):
            found.append(Entry(**json.loads(line)))
    return found


def _user() -> str:
    """The user's name; the number of one without an account, as in a container that runs as any uid."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
