"""The load: every attempt is recorded, a call that never returns is indeterminate."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster_cli.drills.history import Clock, Recorder
from cluster_cli.drills.load import LONGEST_REST, SHORTEST_REST, Load, rest
from cluster_cli.drills.plan import RunPlan
from cluster_cli.drills.records import Domain, Op, Outcome
from cluster_cli.drills.workloads.base import Attempt, Client, Intent
from tests.unit.cluster_cli.drills import recorded


def chance(client: Client) -> random.Random:
    return RunPlan("run-1", 1).random("rests", client.name)


class FakeClient:
    """Answers by a script, then acknowledges for ever; a script entry None never returns."""

    domain: Domain = "payments"

    def __init__(self, *script: Outcome | None) -> None:
        self.name = "fake"
        self._script = list(script)
        self.done = threading.Event()
        self._never = threading.Event()

    def open(self) -> None: ...

    def intend(self, number: int) -> Intent:
        return Intent(f"v{number}", "transfer", "payments", "sync")

    def attempt(self, intent: Intent, number: int) -> Attempt:
        if not self._script:
            self.done.set()
            return Attempt("acked")
        outcome = self._script.pop(0)
        if outcome is None:
            self.done.set()
            self._never.wait(20)
            return Attempt("indeterminate", "cut")
        return Attempt(outcome, "why")

    def abort(self) -> None:
        """A client whose call cannot even be cut."""

    def close(self) -> None:
        self._never.set()


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    found = Recorder(tmp_path / "h.jsonl", recorded.HEADER)
    yield found
    found.close()


def run(client: FakeClient, recorder: Recorder) -> list[Op]:
    load = Load([client], recorder, Clock(), slowness=lambda _: 1 / 60, chance=chance)
    load.start()
    assert client.done.wait(10)
    load.stop(patience=0.2)
    return [record for record in recorder.records if isinstance(record, Op)]


def test_the_same_value_is_tried_until_it_is_acknowledged(recorder: Recorder) -> None:
    ops = run(FakeClient("refused", "indeterminate", "acked"), recorder)
    first = [(op.value, op.attempt, op.outcome) for op in ops if op.value == "v0"]
    assert first == [("v0", 1, "refused"), ("v0", 2, "indeterminate"), ("v0", 3, "acked")]


def test_a_call_that_never_returns_is_recorded_once_and_as_indeterminate(recorder: Recorder) -> None:
    ops = run(FakeClient("acked", None), recorder)
    assert [(op.value, op.outcome) for op in ops] == [("v0", "acked"), ("v1", "indeterminate")]


def test_failures_and_acks_are_counted_by_path(recorder: Recorder) -> None:
    client = FakeClient("refused")
    load = Load([client], recorder, Clock(), slowness=lambda _: 1 / 60, chance=chance)
    load.start()
    assert client.done.wait(10)
    load.stop(patience=1.0)
    assert load.failures[("payments", "payments")] == 1
    assert len(load.acked("payments", {"payments"}, 0.0)) == load.count("payments", {"payments"}) > 0
    assert not load.acked("payments", {"payments"}, 99.0)
    assert load.clients_of("payments", {"payments"}) == {"fake"}


def test_a_load_that_was_interrupted_before_all_clients_went_is_ended(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: threading.Thread) -> None:
        raise SystemExit(130)

    load = Load([FakeClient()], recorder, Clock(), slowness=lambda _: 1 / 60, chance=chance)
    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(threading.Thread, "start", interrupted)
        load.start()
    load.stop(patience=0.2)
    assert load.count("payments", {"payments"}) == 0


@pytest.mark.parametrize(
    ("took", "slowness", "seconds"),
    [(0.0, 1, SHORTEST_REST), (0.02, 1, 0.1), (0.02, 3, 0.3), (5.0, 1, LONGEST_REST)],
)
def test_a_client_rests_in_proportion_to_what_its_write_took(
    took: float, slowness: float, seconds: float
) -> None:
    assert rest(took, slowness) == pytest.approx(seconds)
