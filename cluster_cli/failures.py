"""How an error reaches a person: one line what, one line what to do next, and an exit code with a meaning."""

from __future__ import annotations

import errno
import json
import os
import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from app_core.errors import SwapskillError

INTERRUPTED = 130


def take_debug(arguments: Sequence[str]) -> tuple[list[str], bool]:
    """The arguments without `--debug`, which may stand anywhere before `--`, and whether it was there."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    ours, rest = arguments[:end], arguments[end:]
    return [word for word in ours if word != "--debug"] + list(rest), "--debug" in ours


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether the call asked for JSON (`-o json`, `-ojson`, `--output json`, `--output=json`)."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    ours = arguments[:end]
    pairs = zip(ours, ours[1:], strict=False)
    return any(a in ("-o", "--output") and b == "json" for a, b in pairs) or any(
        word in ("-ojson", "--output=json") for word in ours
    )


def report(error: BaseException, arguments: Sequence[str], debug: bool) -> int:
    """Write the error to stderr and return the exit code."""
    if debug:
        traceback.print_exception(error)
    if isinstance(error, KeyboardInterrupt):
        _write("interrupted")
        return INTERRUPTED
    known = error if isinstance(error, SwapskillError) else _as_known(error, arguments)
    _write(_known(known, wants_json(arguments)))
    return known.exit_code


def _as_known(error: BaseException, arguments: Sequence[str]) -> SwapskillError:
    """Any other error in the product's own form."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return SwapskillError("the disk is full", on=error.filename, hint="swapctl doctor")
    summary = traceback.format_exception_only(error)[-1].strip()
    log = _log(error, arguments)
    return SwapskillError(f"unexpected: {summary}", hint=f"read {log}" if log else "the same with --debug")


def _known(error: SwapskillError, as_json: bool) -> str:
    if as_json:
        return json.dumps(error.as_dict(), ensure_ascii=False)
    return f"error: {error}" + (f"\ntry: {error.hint}" if error.hint else "")


def _log(error: BaseException, arguments: Sequence[str]) -> Path | None:
    """Append the traceback to the debug log (0600); None when it cannot be written."""
    from infra.sandbox.home import home

    entry = f"{datetime.now(UTC).isoformat()} swapctl {' '.join(arguments)}\n" + "".join(
        traceback.format_exception(error)
    )
    try:
        path = home() / "debug.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as log:
            log.write(entry + "\n")
    except (OSError, SwapskillError):
        return None
    return path


def _write(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
