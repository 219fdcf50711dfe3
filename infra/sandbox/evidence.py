"""Logs of a start that failed: their last lines told with the error, and kept when the sandbox is removed."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from app_core.errors import SwapskillError
from infra.sandbox import ports
from infra.sandbox.home import SandboxPaths, home
from infra.topology import Node

LOG_LINES = 12
_TOLD_MEMBERS = 3
_KEPT_STARTS = 5
_STAMP = "-%Y%m%dT%H%M%SZ"
_STAMP_LENGTH = len("-20260101T000000Z")


def log_files(directory: Path) -> list[Path]:
    """A member's log files."""
    return sorted(p for p in directory.rglob("*.log") if p.is_file())


def tail(log: Path, lines: int = LOG_LINES) -> str:
    """The last lines of a log file."""
    try:
        text = log.read_text(errors="replace")
    except OSError as error:
        return f"no log at {log}: {error.strerror}"
    return f"last lines of {log.name}:\n  " + "\n  ".join(text.splitlines()[-lines:])


def concerned(nodes: Sequence[Node], on: str | None, silent: Iterable[str]) -> list[str]:
    """The members that an error is about: the one it names, its group's, else those that do not listen."""
    named = [node.name for node in nodes if on in (node.name, node.group)]
    return (named or list(silent))[:_TOLD_MEMBERS]


def silent_members(chosen: ports.Ports) -> list[str]:
    """Members that accept no connection on the port that their clients use."""
    return [member for member, named in chosen.items() if not ports.is_open(next(iter(named.values())))]


def last_words(where: SandboxPaths, members: Iterable[str]) -> str:
    """The last lines of each log of the members."""
    return "".join(f"\n{member}: {words}" for member in members for words in _words_of(where, member))


def _words_of(where: SandboxPaths, member: str) -> list[str]:
    logs = [log for log in log_files(where.member(member)) if log.stat().st_size]
    return [tail(log) for log in logs] or ["it wrote no log"]


def keep(where: SandboxPaths) -> Path | None:
    """Move the members' logs to where they outlive the sandbox; None without any, or where that fails.

    A bounded number is kept, of all sandboxes together: the oldest go first.
    """
    members = where.root / "members"
    target = _directory() / (where.root.name + datetime.now(UTC).strftime(_STAMP))
    with contextlib.suppress(OSError):  # as on a full disk: the error itself counts more
        for log in log_files(members):
            moved = target / log.relative_to(members)
            moved.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            log.rename(moved)
    for _, old in kept()[:-_KEPT_STARTS]:
        _remove(old)
    return target if target.is_dir() else None


def kept(name: str | None = None) -> list[tuple[str, Path]]:
    """What is kept (of one sandbox when named), as (the sandbox's name, directory), oldest first."""
    directory = _directory()
    found = list(directory.iterdir()) if directory.is_dir() else []
    named = [(path.name[:-_STAMP_LENGTH], path) for path in found]
    return sorted(
        (item for item in named if name in (None, item[0])), key=lambda item: item[1].name[-_STAMP_LENGTH:]
    )


def forget(name: str) -> None:
    """Remove what is kept of a sandbox."""
    for _, path in kept(name):
        _remove(path)


def _remove(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)
    with contextlib.suppress(OSError):  # another sandbox's are there
        path.parent.rmdir()


def explained(error: SwapskillError, words: str, logs: Path | None) -> SwapskillError:
    """The same error with the logs' words; `logs`: where they are when the sandbox is removed.

    Commands about a sandbox that is gone are no hints any more.
    """
    hint = error.hint
    if logs is not None and (hint is None or hint.startswith("swapctl ")):
        hint = f"read {logs}; swapctl down --purge --name {logs.name[:-_STAMP_LENGTH]} removes it"
    why = (error.why or "") + words
    return type(error)(error.what, on=error.on, why=why or None, hint=hint)


def _directory() -> Path:
    return home() / "failed"
