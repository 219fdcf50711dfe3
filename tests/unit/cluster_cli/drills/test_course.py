"""When a run lifts, ends, stops: tables over how far it has come."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cluster_cli.drills.course import Course, Progress, is_over, should_lift, stop_reason, waits_for
from cluster_cli.drills.plan import RunPlan
from cluster_cli.drills.records import Domain

RUN = Progress(
    now=45.0, began=0.0, struck={"payments": 20.0}, restored={"payments": 22.0}, lifted=28.0, acks=6000
)
PROMISED: dict[Domain, float | None] = {"payments": 120.0}
DEFAULT = Course.of(None, PROMISED, None)


@pytest.mark.parametrize(
    ("change", "over"),
    [
        ({}, True),
        ({"now": 39.0}, False),  # 20 s after the fault are not over
        ({"acks": 4999}, False),
        ({"acks": 4999, "now": 180.0}, True),  # the longest run
        ({"restored": {}}, False),
        ({"restored": {}, "now": 500.0}, False),  # a path that is down ends only by a stop condition
        ({"lifted": None}, False),
        ({"lifted": 41.0}, False),  # what a rejoining member does is watched, too
        ({"restored": {"payments": 40.0}}, False),
        ({"struck": {"payments": 20.0, "social": 20.0}}, False),  # the other domain is down
        (
            {"struck": {"payments": 20.0, "social": 26.0}, "restored": {"payments": 22.0, "social": 27.0}},
            False,
        ),
    ],
)
def test_a_default_run_is_over(change: dict[str, Any], over: bool) -> None:
    assert is_over(DEFAULT, replace(RUN, **change)) == over


def test_a_given_duration_is_split_and_needs_no_number_of_acks() -> None:
    course = Course.of(16.0, PROMISED, None)
    assert (course.before, course.after) == (8.0, 8.0)
    assert is_over(course, replace(RUN, now=35.0, acks=10))


@pytest.mark.parametrize(
    ("course", "change", "words"),
    [
        (DEFAULT, {"restored": {}}, "payments: writes are not back, 25 s after the fault"),
        (
            DEFAULT,
            {"struck": {"payments": 20.0, "social": 30.0}},
            "social: writes are not back, 15 s after the fault",
        ),
        (
            DEFAULT,
            {"acks": 4321},
            "the load goes on: 4,321 of 5,000 acknowledged writes, at most 135 s more",
        ),
        (DEFAULT, {"lifted": None}, "the load goes on"),
        (Course.of(60.0, PROMISED, None), {"acks": 10}, "the load goes on"),
    ],
)
def test_a_run_that_is_not_over_says_what_it_waits_for(
    course: Course, change: dict[str, Any], words: str
) -> None:
    assert waits_for(course, replace(RUN, **change)) == words


def test_the_seed_only_lengthens_the_load_before_the_fault() -> None:
    offsets = [DEFAULT.until_fault(RunPlan("run", seed).random("injection")) - 20.0 for seed in range(50)]
    assert 0.0 <= min(offsets) < 0.5
    assert 1.5 < max(offsets) <= 2.0
    assert offsets[1] == DEFAULT.until_fault(RunPlan("another run", 1).random("injection")) - 20.0


@pytest.mark.parametrize(
    ("hold", "change", "lift"),
    [
        (None, {"lifted": None}, True),
        (None, {"lifted": None, "restored": {}}, False),
        (None, {}, False),  # once
        (10.0, {"lifted": None, "restored": {}, "now": 30.0}, True),
        (10.0, {"lifted": None, "now": 29.9}, False),  # held although the path has recovered
    ],
)
def test_when_to_lift(hold: float | None, change: dict[str, Any], lift: bool) -> None:
    course = Course.of(None, PROMISED, hold)
    assert should_lift(course, replace(RUN, **change)) == lift


def test_a_path_that_stays_down_is_stopped_30_s_after_its_rto() -> None:
    down = replace(RUN, restored={}, lifted=None)
    assert stop_reason(DEFAULT, replace(down, now=169.0), {}) is None
    assert stop_reason(DEFAULT, replace(down, now=171.0), {}) == (
        "payments: writes are not back after 151 s (RTO 120 s + 30 s)"
    )


def test_a_held_fault_is_not_stopped_for_being_held() -> None:
    held = Course.of(None, {"payments": 10.0}, 60.0)
    assert stop_reason(held, replace(RUN, restored={}, lifted=None, now=100.0), {}) is None


def test_an_error_on_an_unaffected_path_stops_the_run() -> None:
    assert stop_reason(DEFAULT, RUN, {"members-1": 0}) is None
    assert stop_reason(DEFAULT, RUN, {"members-1": 2}) == "an unaffected path failed: members-1: 2 writes"


BOTH = replace(RUN, struck={"payments": 20.0, "social": 22.0}, restored={}, lifted=None)


@pytest.mark.parametrize(
    ("now", "restored", "reason"),
    [
        (169.0, {}, None),
        (171.0, {}, "payments: writes are not back after 151 s (RTO 120 s + 30 s)"),  # social has 600 s
        (171.0, {"social": 30.0}, "payments: writes are not back after 151 s (RTO 120 s + 30 s)"),
        (171.0, {"payments": 30.0}, None),
        (651.5, {"payments": 30.0}, None),
        (652.5, {"payments": 30.0}, "social: writes are not back after 630 s (RTO 600 s + 30 s)"),
        (652.5, {"payments": 30.0, "social": 31.0}, None),
    ],
)
def test_each_domain_has_its_own_time(now: float, restored: dict[Domain, float], reason: str | None) -> None:
    course = Course.of(None, {"payments": 120.0, "social": 600.0}, None)
    assert stop_reason(course, replace(BOTH, now=now, restored=restored), {}) == reason


def test_a_domain_without_a_promise_is_waited_for_as_well() -> None:
    course = Course.of(None, {"payments": None}, None)
    assert stop_reason(course, replace(BOTH, now=109.0), {}) is None
    assert stop_reason(course, replace(BOTH, now=111.0), {}) == (
        "payments: writes are not back after 91 s (RTO 60 s + 30 s)"
    )
