"""The log of everything that changed a cluster: who, when, where, what, with which result."""

from __future__ import annotations

import contextlib
import getpass
import json
import logging
import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from app_core.errors import SwapskillError
from infra.context import Context
from infra.sandbox import process
from infra.utc import now

FILE = "operations.jsonl"
_BEGAN, _KILLED, _INTERRUPTED = "began", "killed", "interrupted"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """One action. `at`: when it began, RFC 3339.

    `result`: `ok`, `nothing to do`, `killed`, `interrupted`, the verdict of a drill that did not pass, or the
    error's sentence.
    """

    at: str
    who: str
    where: str
    what: str
    result: str


@dataclass(frozen=True)
class LogPlace:
    """Where the log of a cluster is that does not run, and may have no context."""

    name: str
    state_dir: Path


def record(ctx: Context | LogPlace, what: str, where: str, result: str, **more: object) -> None:
    """Append one entry to the cluster's log; `more` goes into the line, as what `entries` joins by.

    Raises SwapskillError when the cluster was forgotten while the command worked on it.
    """
    try:
        _append(ctx.state_dir, what, where, result, more)
    except FileNotFoundError:
        raise SwapskillError(
            "the cluster was removed meanwhile", on=ctx.name, why=what, hint="swapctl status"
        ) from None


def record_in(directory: Path, what: str, where: str, result: str) -> None:
    """Append one entry, unless the directory is gone."""
    with contextlib.suppress(FileNotFoundError):
        _append(directory, what, where, result, {})


def _append(directory: Path, what: str, where: str, result: str, more: Mapping[str, object]) -> None:
    """A single write, so that concurrent commands do not mix their lines; what cannot be written is told."""
    entry = Entry(now(), _user(), where, what, result)
    line = json.dumps({**asdict(entry), **more}, ensure_ascii=False) + "\n"
    try:
        descriptor = os.open(directory / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, line.encode("utf-8", "backslashreplace"))
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        raise
    except OSError as error:  # the action itself does not depend on it
        log.warning("not in the log of operations: %s", error)


@dataclass
class Outcome:
    """The result of an action that ends without an error; the action may change it."""

    words: str = "ok"


@contextlib.contextmanager
def recorded(ctx: Context | LogPlace, what: str, where: str) -> Iterator[Outcome]:
    """Record an action: that it begins, so that a killed one leaves a trace, and its result, whichever.

    The caller holds the operation lock, which tells of an action that is under way.
    """
    outcome = Outcome()
    mark = {"id": secrets.token_hex(8)}
    record(ctx, what, where, _BEGAN, **mark, process=asdict(process.myself()))
    try:
        yield outcome
    except BaseException as error:
        with contextlib.suppress(SwapskillError):  # the cluster is gone: the error itself says more
            record(ctx, what, where, _words_of(error), **mark)
        raise
    record(ctx, what, where, outcome.words, **mark)


def _words_of(error: BaseException) -> str:
    """What a log says of the error; the number by which a signal ends a command tells a reader nothing."""
    if isinstance(error, (KeyboardInterrupt, SystemExit)):
        return _INTERRUPTED
    return str(error) or type(error).__name__


def entries(ctx: Context) -> list[Entry]:
    """All entries, oldest first, beginnings joined with their ends; what is under way is not among them.

    A line that a crash cut short is left out.
    """
    path = ctx.state_dir / FILE
    if not path.exists():
        return []
    found: dict[object, Entry] = {}
    unfinished: dict[object, process.ProcessId] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines()):
        with contextlib.suppress(ValueError, TypeError, AttributeError):
            fields = json.loads(line)
            key, began = fields.pop("id", number), fields.pop("process", None)
            entry = Entry(**fields)
            found[key] = replace(entry, at=found[key].at) if key in found else entry
            unfinished.pop(key, None)
            if began is not None:
                unfinished[key] = process.ProcessId(**began)
    ended = (_as_it_ended(entry, unfinished.get(key)) for key, entry in found.items())
    return [entry for entry in ended if entry is not None]


def _as_it_ended(entry: Entry, unfinished: process.ProcessId | None) -> Entry | None:
    """The entry; `killed` where its process is gone without a word, None while that lives."""
    if unfinished is None:
        return entry
    return None if unfinished.alive else replace(entry, result=_KILLED)


def _user() -> str:
    """The user's name; the number of one without an account, as in a container that runs as any uid."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
