"""A call that Typer refuses, told in the product's own form."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Generator
from typing import Any, Protocol, runtime_checkable

from app_core.errors import UsageError

_OF_THE_LIBRARY = ((r"Value error, ", ""), (r"Input (should be [^,]+), unable to parse.*", r"\1"))
"""What the library that reads the values says around the reason."""


@runtime_checkable
class _Refused(Protocol):
    """An error of Typer about a call; its class is private there. ctx: of the command that was called."""

    ctx: Any

    def format_message(self) -> str: ...


@contextlib.contextmanager
def told() -> Generator[None, None, None]:
    """Raise UsageError for what Typer says of a wrong call; a group alone still shows its help."""
    try:
        yield
    except Exception as error:
        if not isinstance(error, _Refused) or _is_help(error):
            raise
        hint = f"{error.ctx.command_path} --help" if error.ctx is not None else "the same with --help"
        raise UsageError(_words(error.format_message()), hint=hint) from error


def _is_help(error: _Refused) -> bool:
    return error.format_message().startswith("Usage:")


def _words(message: str) -> str:
    for pattern, instead in _OF_THE_LIBRARY:
        message = re.sub(pattern, instead, message)
    line = " ".join(message.split()).rstrip(".,")
    return line[:1].lower() + line[1:]
