"""On which routers a test runs: the stand-in; the contract also on a mongos, where one is found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

STAND_IN, MONGOS = "stand-in", "mongos"
CONTRACT = ("test_router_contract.py", "test_router_js.py")
"""What a mongos must answer as the stand-in does; the other files look into the stand-in."""
SPOKESMAN = "test_hello_says_mongos"
"""The one test that is shown as skipped where the contract cannot be asked of a mongos."""
MISSING = "no mongos on PATH or in SWAPCTL_MONGOS: the contract was asked of the stand-in alone"


def routers(file: str, test: str, mongos: Path | None) -> list[Any]:
    """The parameters of the fixture `cluster` for one test. `mongos`: the program that was found."""
    if file not in CONTRACT:
        return [STAND_IN]
    if mongos is not None:
        return [STAND_IN, MONGOS]
    skipped = pytest.param(MONGOS, marks=pytest.mark.skip(reason=MISSING))
    return [STAND_IN, skipped] if test == SPOKESMAN else [STAND_IN]
