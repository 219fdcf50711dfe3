"""Reaches the bootstrap through its entry point: this room never imports the operator's."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from app_core.errors import SwapskillError

if TYPE_CHECKING:
    from infra.context import Context

GROUP = "swapctl.bootstrap"


def bootstrap_function() -> Callable[[Context, Callable[[str], None]], Any]:
    """The function that makes a cluster of started processes: `(context, progress) -> result`."""
    found = tuple(entry_points(group=GROUP))
    if not found:
        raise SwapskillError(
            "no bootstrap is installed",
            on=f"entry-point group {GROUP}",
            hint="make setup",
        )
    function: Callable[[Context, Callable[[str], None]], Any] = found[0].load()
    return function
