"""How long the detaching of a month may wait for locks, and where it goes on."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from cluster_cli.schema import patience
from cluster_cli.schema.detaching import detach

CONCURRENTLY = 'ALTER TABLE "ledger" DETACH PARTITION "ledger_2010_01" CONCURRENTLY'
FINALIZE = 'ALTER TABLE "ledger" DETACH PARTITION "ledger_2010_01" FINALIZE'


class Months:
    """A connection to a month in this state, whose last step does not get its locks for so many tries.

    state: pending or not, with foreign keys or not; None: it is out. limits: under which statements ran.
    """

    broken = False

    def __init__(self, state, busy=0):
        self.state, self.busy, self.limit, self.limits = state, busy, "5s", []

    def execute(self, statement, _=None):
        text = patience.bare(statement)
        if text.startswith("SET lock_timeout = "):
            self.limit = text.removeprefix("SET lock_timeout = ").strip("'")
        if "DETACH" in text:
            self.limits.append((text, self.limit))
            self.detach()
        self.answer = self.state if "inhdetachpending" in text else (self.limit,)
        return self

    def detach(self):
        self.busy -= 1
        if self.busy >= 0:
            self.state = (True, self.state[1])
            raise psycopg.errors.LockNotAvailable
        self.state = None

    def fetchone(self):
        return self.answer


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(patience, "PAUSE_S", 0)


def run(months: Any):
    detach(months, "ledger", "ledger_2010_01")
    return months


def test_a_month_that_refers_to_others_waits_half_a_second_at_a_time_and_is_finished_in_the_next_try():
    months = run(Months((False, True), busy=2))
    assert months.limits == [(CONCURRENTLY, "500"), (FINALIZE, "500"), (FINALIZE, "500")]
    assert months.limit == "5s"


def test_a_month_that_refers_to_nothing_waits_as_long_as_others_take():
    assert run(Months((False, False))).limits == [(CONCURRENTLY, "0")]


def test_what_was_begun_is_finished():
    assert run(Months((True, True))).limits == [(FINALIZE, "500")]


def test_a_month_that_is_out_is_left_alone():
    assert run(Months(None)).limits == []


def test_locks_that_are_never_given_end_it():
    months = Months((False, True), busy=99)
    with pytest.raises(psycopg.errors.LockNotAvailable):
        run(months)
    assert (len(months.limits), months.limit) == (patience.TRIES, "5s")
