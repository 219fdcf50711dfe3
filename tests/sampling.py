"""What `make test` does of a long row of like cases; `make test-full` does all of them."""

from __future__ import annotations

from typing import Any

import pytest


def some(count: int, every: int) -> list[Any]:
    """The numbers below `count` as parameters; all but every `every`th are for `make test-full` alone."""
    return [n if n % every == 0 else pytest.param(n, marks=pytest.mark.full) for n in range(count)]
