"""The one base exception of the product and its exit codes."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SwapskillError(Exception):
    """Something failed: what, on which object, why, and the next command to type."""

    exit_code = 1

    def __init__(
        self,
        what: str,
        *,
        on: str | None = None,
        why: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.what, self.on, self.why, self.hint = what, on, why, hint
        super().__init__(": ".join(part for part in (what, _visible(on), why) if part))

    def as_dict(self) -> dict[str, str | int | None]:
        """The error as a JSON-ready object (the shape that `-o json` prints on stderr)."""
        return {
            "error": self.what,
            "on": self.on,
            "why": self.why,
            "hint": self.hint,
            "exit_code": self.exit_code,
        }


def _visible(on: str | None) -> str | None:
    """What was typed as it can be read: quoted where blanks at its ends or controls would hide it."""
    if on is None or (on.isprintable() and on and on == on.strip()):
        return on
    return repr(on)


class UsageError(SwapskillError):
    """The call itself is wrong: nothing was started."""

    exit_code = 2


class UnhealthyError(SwapskillError):
    """The cluster is unhealthy, or a limit that the user gave is exceeded."""

    exit_code = 3


class RefusedError(SwapskillError):
    """A pre-check refused the operation: nothing was changed."""

    exit_code = 6


class TimedOutError(SwapskillError):
    """A bounded wait ended without the expected result."""

    exit_code = 7


class UnknownResultError(SwapskillError):
    """The result cannot be known, or a run proves nothing."""

    exit_code = 9


def nearest(word: str, options: Iterable[str]) -> str:
    """A `did you mean` sentence for a misspelt name, or the list of valid names."""
    names = sorted(options)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]!r}?"
    return "known: " + (", ".join(names) or "none")
