"""One fault's life: armed before it acts, proved or not, lifted or left armed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest

from cluster_cli.drills import armed, faults
from cluster_cli.drills.evidence import Rollback
from cluster_cli.drills.faults._fault import KILL_BEGAN, KILL_DONE, Fault, Memo, Target
from cluster_cli.drills.history import Clock, Recorder
from cluster_cli.drills.plan import RunPlan
from cluster_cli.drills.proofs import await_proofs
from cluster_cli.drills.records import FaultEvent, Note
from cluster_cli.drills.strike import Strike
from infra.context import Context
from tests.unit.cluster_cli.drills import recorded

TARGET = Target(("pg1",), {"payments": frozenset({"payments"})})
BASE = replace(faults.fault("postgres-primary-crash"), proof_timeout=0.05)


@dataclass
class FakeContext:
    """As much of a context as a strike needs."""

    state_dir: Path


@pytest.fixture
def ctx(tmp_path: Path) -> Context:
    return cast(Context, cast(Any, FakeContext(tmp_path)))


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    found = Recorder(tmp_path / "h.jsonl", recorded.HEADER)
    yield found
    found.close()


def struck(
    ctx: Context,
    recorder: Recorder,
    inject: Callable[[Memo], None] = lambda _: None,
    evidence: str | None = "seen by a peer",
    undo: Callable[[Memo], None] = lambda _: None,
) -> Strike:
    """A strike whose fault does what the test says, begun and awaited."""
    fault: Fault = replace(
        BASE,
        inject=lambda _site, _target, memo: inject(memo),
        prove=lambda _site, _target, _memo: evidence,
        undo=lambda _site, _target, memo: undo(memo),
    )
    strike = Strike(ctx, fault, TARGET, RunPlan("run-1", 7, "async"), recorder, Clock())
    strike.begin()
    await_proofs([strike], dict, lambda: None)
    return strike


def events(recorder: Recorder) -> list[str]:
    return [record.event for record in recorder.records if isinstance(record, FaultEvent)]


def test_the_whole_life(ctx: Context, recorder: Recorder) -> None:
    strike = struck(ctx, recorder)
    assert strike.landed is not None
    strike.lift()
    strike.lift()  # once is enough
    assert events(recorder) == ["armed", "injected", "landed", "lifted"]
    assert armed.all_armed(ctx) == ()


def test_it_is_on_disk_with_its_sabotage_before_it_acts(ctx: Context, recorder: Recorder) -> None:
    seen: list[tuple[str, Memo]] = []
    struck(ctx, recorder, inject=lambda _: seen.extend((e.fault, e.memo) for e in armed.all_armed(ctx)))
    assert seen == [("postgres-primary-crash", {"sabotage": "async"})]


def test_what_the_injection_remembers_is_on_disk_before_its_next_step(
    ctx: Context, recorder: Recorder
) -> None:
    seen: list[Memo] = []

    def inject(memo: Memo) -> None:
        memo["standby"] = "pgsync1"
        seen.append(armed.all_armed(ctx)[0].memo)  # what a `drill undo` would find after a kill -9 here

    struck(ctx, recorder, inject=inject)
    assert seen == [{"sabotage": "async", "standby": "pgsync1"}]


def test_a_kill_is_placed_in_run_time(ctx: Context, recorder: Recorder) -> None:
    def killing(memo: Memo) -> None:
        memo[KILL_BEGAN] = memo[KILL_DONE] = str(time.monotonic())

    strike = struck(ctx, recorder, inject=killing)
    strike.fault = replace(strike.fault, rollback=lambda _site, _target, _memo: frozenset({"v1"}))
    found = strike.rollback()
    assert found is not None and found.killed is not None and strike.landed is not None
    assert found.files == {"v1"}
    assert 0 <= found.killed[0] == found.killed[1] <= strike.landed


def test_an_old_primary_that_was_not_killed_has_no_such_time(ctx: Context, recorder: Recorder) -> None:
    strike = struck(ctx, recorder)
    assert strike.rollback() is None
    strike.fault = replace(strike.fault, rollback=lambda _site, _target, _memo: frozenset())
    assert strike.rollback() == Rollback(frozenset())


def test_without_proof_it_has_not_landed(ctx: Context, recorder: Recorder) -> None:
    strike = struck(ctx, recorder, evidence=None)
    assert strike.landed is None
    assert events(recorder) == ["armed", "injected"]


def test_lifting_gives_up_a_proof_that_is_still_looked_for(ctx: Context, recorder: Recorder) -> None:
    fault = replace(
        BASE,
        proof_timeout=30.0,
        inject=lambda *_: None,
        prove=lambda *_: None,
        undo=lambda *_: None,
    )
    strike = Strike(ctx, fault, TARGET, RunPlan("run-1", 7), recorder, Clock())
    strike.begin()
    assert strike.pending
    began = time.monotonic()
    strike.lift()
    assert time.monotonic() - began < 5
    assert events(recorder) == ["armed", "injected", "lifted"]


def test_what_is_armed_and_not_begun_is_lifted_and_never_injected(
    ctx: Context, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fault = replace(BASE, inject=lambda *_: done.append("injected"), undo=lambda *_: done.append("undone"))
    strike = Strike(ctx, fault, TARGET, RunPlan("run-1", 7), recorder, Clock())
    start = strike._thread.start

    def interrupted() -> None:
        raise SystemExit(130)

    monkeypatch.setattr(strike._thread, "start", interrupted)
    with pytest.raises(SystemExit):
        strike.begin()
    strike.lift()
    start()  # a thread that the signal met inside `start` begins only now
    strike._thread.join()
    assert done == ["undone"]
    assert events(recorder) == ["armed", "lifted"]
    assert armed.all_armed(ctx) == ()


def test_a_failed_injection_is_kept_and_still_undone(ctx: Context, recorder: Recorder) -> None:
    def boom(_: Memo) -> None:
        raise OSError("no such process")

    strike = struck(ctx, recorder, inject=boom)
    assert isinstance(strike.error, OSError)
    assert strike.landed is None
    strike.lift()
    assert armed.all_armed(ctx) == ()


def test_a_failed_undo_leaves_it_armed_and_says_so(ctx: Context, recorder: Recorder) -> None:
    def boom(_: Memo) -> None:
        raise OSError("will not start")

    struck(ctx, recorder, undo=boom).lift()
    assert "lifted" not in events(recorder)
    assert [entry.fault for entry in armed.all_armed(ctx)] == ["postgres-primary-crash"]
    notes = [record.what for record in recorder.records if isinstance(record, Note)]
    assert notes == ["undo of postgres-primary-crash failed: will not start"]
