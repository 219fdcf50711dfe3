"""A drill that is told to end lifts its faults on the way out."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from app_core.errors import SwapskillError
from cluster_cli import opslog
from cluster_cli.commands import drill
from cluster_cli.drills import armed as armory
from cluster_cli.drills import drive, faults, runner
from cluster_cli.drills.checks.single_writer import PROBER_CRASHED
from cluster_cli.drills.faults._fault import Target
from cluster_cli.drills.plan import RunPlan
from cluster_cli.drills.records import FaultEvent
from cluster_cli.drills.run_state import Request
from cluster_cli.drills.summary import aftermath
from cluster_cli.interrupts import SIGNALS, terminated_as_interrupt
from infra.context import Context

CTX = cast(Context, cast(Any, SimpleNamespace(name="demo", topology=None)))
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


def lifted(fault: str) -> FaultEvent:
    return FaultEvent(1.0, fault, "lifted", "pg1")


@pytest.mark.parametrize(
    ("events", "armed", "said"),
    [
        ([], [], "interrupted: no fault was applied"),
        ([lifted("proxy-loss")], [], "interrupted: proxy-loss lifted"),
        (
            [lifted("proxy-loss")],
            ["dr-link-loss"],
            "interrupted: dr-link-loss not lifted: swapctl drill undo --context demo",
        ),
    ],
)
def test_an_interrupted_drill_says_what_it_leaves_behind(
    events: list[FaultEvent], armed: list[str], said: str
) -> None:
    assert aftermath(events, armed, "demo") == said


def test_the_words_are_said_on_the_way_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def cut(*_: object) -> None:
        raise SystemExit(130)

    monkeypatch.setattr(runner, "observe", cut)
    monkeypatch.setattr(runner.gather, "promises", lambda *_: {})
    ctx = cast(
        Context,
        cast(Any, SimpleNamespace(name="demo", topology=SimpleNamespace(name="x"), state_dir=tmp_path)),
    )
    said: list[str] = []
    admitted = runner.Admitted(cast(Any, None), [], [])
    with pytest.raises(SystemExit):
        runner._execute(ctx, REQUEST, RunPlan("run-1", 1), tmp_path, admitted, said.append)
    assert said == ["interrupted: no fault was applied"]


def test_an_undo_is_not_cut_by_the_first_ctrl_c() -> None:
    done: list[str] = []

    class Slow:
        def lift(self) -> None:
            os.kill(os.getpid(), signal.SIGINT)
            done.append("lifted")

    with pytest.raises(SystemExit), terminated_as_interrupt():
        drive._lift(cast(Any, [Slow(), Slow()]), keep=False)
    assert done == ["lifted", "lifted"]


class Stubborn:
    """A fault that cannot even be tried to lift."""

    def __init__(self, *_: object) -> None: ...

    def lift(self) -> None:
        raise OSError("disk full")


def test_one_fault_that_cannot_be_lifted_keeps_no_other() -> None:
    done: list[str] = []
    easy = SimpleNamespace(lift=lambda: done.append("lifted"))
    with pytest.raises(OSError, match="disk full"):
        drive._lift(cast(Any, [easy, Stubborn(), easy]), keep=False)
    assert done == ["lifted", "lifted"]


def test_the_load_ends_though_a_fault_cannot_be_lifted(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    load = SimpleNamespace(start=lambda: done.append("load"), stop=lambda: done.append("stopped"))
    probes = SimpleNamespace(
        start=lambda: done.append("probes"), stop=lambda: done.append("p"), crashes=["x"]
    )
    monkeypatch.setattr(drive, "Site", lambda _: None)
    monkeypatch.setattr(drive, "Load", lambda *_, **__: load)
    monkeypatch.setattr(drive, "Strike", Stubborn)
    monkeypatch.setattr(drive, "probers_of", lambda *_: [probes])
    monkeypatch.setattr(drive, "_drive", lambda *_: None)
    current = SimpleNamespace(
        ctx=CTX,
        request=REQUEST,
        plan=RunPlan("run-1", 1),
        workloads=[],
        targets=[Target(("pg1",), {})],
        recorder=SimpleNamespace(flush=lambda: None),
        clock=None,
        note=done.append,
    )
    with pytest.raises(OSError, match="disk full"):
        drive.observe(cast(Any, current), lambda _: None)
    assert done == ["probes", "load", "load ended", "stopped", "p", f"{PROBER_CRASHED}: x"]


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Context:
    """A cluster with three armed faults, the first of which cannot be lifted."""
    ctx = cast(Context, cast(Any, SimpleNamespace(name="demo", state_dir=tmp_path)))
    undone: dict[str, Any] = {}
    for name in ("dr-link-loss", "mongo-shard-loss", "proxy-loss"):
        armory.arm(ctx, name, "run-1", Target((f"m-{name}",), {}))
        undone[name] = SimpleNamespace(undo=lambda *_: None)
    undone["dr-link-loss"].undo = refuses
    monkeypatch.setattr(runner.catalogue, "fault", undone.__getitem__)
    monkeypatch.setattr("infra.context.load_context", lambda _: ctx)
    return ctx


def refuses(*_: object) -> None:
    raise OSError("will not start")


def test_a_fault_that_cannot_be_lifted_keeps_no_other_armed(left: Context) -> None:
    tried = runner.undo_all(left, lambda _: None)
    assert [(one.fault, one.result) for one in tried] == [
        ("dr-link-loss", "OSError: will not start"),
        ("mongo-shard-loss", "ok"),
        ("proxy-loss", "ok"),
    ]
    assert [entry.fault for entry in armory.all_armed(left)] == ["dr-link-loss"]
    logged = [(entry.what, entry.where, entry.result) for entry in opslog.entries(left)]
    assert logged[0] == ("drill undo dr-link-loss", "m-dr-link-loss", "OSError: will not start")
    assert [result for _, _, result in logged[1:]] == ["ok", "ok"]


def test_undo_names_what_is_left_and_fails(left: Context) -> None:
    done = CliRunner().invoke(drill.app, ["undo", "-o", "json"])
    assert isinstance(done.exception, SwapskillError)
    assert (done.exception.exit_code, str(done.exception)) == (1, "still armed: dr-link-loss")
    assert [row["result"] for row in json.loads(done.stdout)] == ["OSError: will not start", "ok", "ok"]
