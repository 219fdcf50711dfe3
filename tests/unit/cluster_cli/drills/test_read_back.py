"""The read-back ends in any case: with everything, or with the reason why not."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pytest

from cluster_cli.drills.checks import no_lost_acks
from cluster_cli.drills.ledger import ReadBack
from cluster_cli.drills.read_back import read_back
from cluster_cli.drills.records import Op
from cluster_cli.drills.workloads.base import Workload
from tests.unit.cluster_cli.drills import recorded

FOUND = ReadBack(True, {("transfer", "v1"): 1})


@dataclass
class FakeWorkload:
    """As much of a workload as the read-back needs."""

    answer: Callable[[], ReadBack]
    name: str = "payments"

    def read_back(self, _: Sequence[Op]) -> ReadBack:
        return self.answer()


@pytest.fixture
def never() -> Iterator[threading.Event]:
    """What a barrier waits for that no standby acknowledges."""
    event = threading.Event()
    yield event
    event.set()


def back(*answers: Callable[[], ReadBack]) -> ReadBack:
    fakes = [cast(Workload, cast(Any, FakeWorkload(answer))) for answer in answers]
    return read_back(fakes, (), deadline=0.1)


def test_all_that_answered_is_merged() -> None:
    assert back(lambda: FOUND, lambda: ReadBack(True)) == FOUND


def test_a_barrier_that_waits_for_ever_leaves_the_run_unknown(never: threading.Event) -> None:
    found = back(lambda: FOUND, lambda: FOUND if never.wait(20) else FOUND)
    assert (found.complete, found.reason) == (False, "payments: no answer within 0.1 s")
    assert no_lost_acks.check(recorded.evidence(back=found)).result == "unknown"


def test_a_read_back_that_crashes_leaves_the_run_unknown() -> None:
    def boom() -> ReadBack:
        raise KeyError("account")

    found = back(boom)
    assert (found.complete, found.reason) == (False, "payments: KeyError: 'account'")
