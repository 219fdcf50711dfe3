"""Asks before something that cannot be taken back."""

from __future__ import annotations

import sys

import typer

from app_core.errors import UsageError


def confirm(question: str, yes: bool) -> None:
    """Return when the user agrees or `--yes` was given.

    Raises UsageError (2) without a terminal to ask on, typer.Abort (1) when the user declines.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("this needs a confirmation and there is no terminal", on=question, hint="add --yes")
    typer.confirm(question, abort=True, err=True)
