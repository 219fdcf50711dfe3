"""A drill that is told to end lifts its faults on the way out."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from cluster_cli.drills import faults, runner
from cluster_cli.drills.run_state import Request
from cluster_cli.interrupts import SIGNALS
from infra.context import Context

CTX = cast(Context, cast(Any, SimpleNamespace(name="demo")))
REQUEST = Request(faults.drill("postgres-primary-crash"), 1, ())


@pytest.mark.parametrize("number", SIGNALS)
def test_a_lost_login_or_a_termination_lifts_the_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: signal.Signals
) -> None:
    done: list[str] = []

    def execute(*_: object) -> None:
        try:
            os.kill(os.getpid(), number)
            done.append("went on")
        finally:
            done.append("lifted")

    monkeypatch.setattr(runner, "operation", lambda *_: contextlib.nullcontext())
    monkeypatch.setattr(runner.opslog, "recorded", lambda *_: contextlib.nullcontext())
    monkeypatch.setattr(runner, "_admit", lambda *_: (None, []))
    monkeypatch.setattr(runner, "_execute", execute)
    with pytest.raises(SystemExit) as ended:
        runner.run(CTX, REQUEST, tmp_path, lambda _: None)
    assert (done, ended.value.code) == (["lifted"], 128 + number)
