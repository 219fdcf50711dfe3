"""Asks before something that cannot be taken back."""

from __future__ import annotations

import sys

import typer

from app_core.errors import SwapskillError, UsageError


def confirm(question: str, yes: bool) -> None:
    """Return when the user agrees or `--yes` was given.

    Raises UsageError (2) without a terminal to ask on, SwapskillError (1) when the user declines.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(
            "this needs a confirmation and there is no terminal",
            why=f"to be asked: {question}",
            hint="add --yes",
        )
    if not _agreed(question):
        raise SwapskillError("declined: nothing was done", why=f"asked: {question}", hint="--yes to go on")


def _agreed(question: str) -> bool:
    """Ctrl-C and the end of the input are no as well."""
    try:
        return typer.confirm(question, err=True)
    except typer.Abort:
        print(file=sys.stderr)  # the answer's line is still open
        return False
