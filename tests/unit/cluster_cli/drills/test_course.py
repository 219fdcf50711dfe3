"""When a run lifts, ends, stops: tables over how far it has come."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cluster_cli.drills.course import Course, Progress, is_over, merged_rto, should_lift, stop_reason

RUN = Progress(now=45.0, began=0.0, landed=20.0, restored=22.0, lifted=28.0, acks=6000)
DEFAULT = Course.of(None, 120.0, None)


@pytest.mark.parametrize(
    ("change", "over"),
    [
        ({}, True),
        ({"now": 39.0}, False),  # 20 s after the fault are not over
        ({"acks": 4999}, False),
        ({"acks": 4999, "now": 180.0}, True),  # the longest run
        ({"restored": None}, False),
        ({"restored": None, "now": 500.0}, False),  # a path that is down ends only by a stop condition
        ({"lifted": None}, False),
        ({"lifted": 41.0}, False),  # what a rejoining member does is watched, too
        ({"restored": 40.0}, False),
    ],
)
def test_a_default_run_is_over(change: dict[str, float | None], over: bool) -> None:
    assert is_over(DEFAULT, replace(RUN, **change)) == over  # pyright: ignore[reportArgumentType]


def test_a_given_duration_is_split_and_needs_no_number_of_acks() -> None:
    course = Course.of(16.0, 120.0, None)
    assert (course.before, course.after) == (8.0, 8.0)
    assert is_over(course, replace(RUN, now=35.0, acks=10))


@pytest.mark.parametrize(
    ("hold", "change", "lift"),
    [
        (None, {"lifted": None}, True),
        (None, {"lifted": None, "restored": None}, False),
        (None, {}, False),  # once
        (10.0, {"lifted": None, "restored": None, "now": 30.0}, True),
        (10.0, {"lifted": None, "now": 29.9}, False),  # held although the path has recovered
    ],
)
def test_when_to_lift(hold: float | None, change: dict[str, float | None], lift: bool) -> None:
    course = Course.of(None, 120.0, hold)
    assert should_lift(course, replace(RUN, **change)) == lift  # pyright: ignore[reportArgumentType]


def test_a_path_that_stays_down_is_stopped_30_s_after_its_rto() -> None:
    down = replace(RUN, restored=None, lifted=None)
    assert stop_reason(DEFAULT, replace(down, now=169.0), {}) is None
    assert stop_reason(DEFAULT, replace(down, now=171.0), {}) == (
        "writes are not back after 151 s (RTO 120 s + 30 s)"
    )


def test_a_held_fault_is_not_stopped_for_being_held() -> None:
    held = Course.of(None, 10.0, 60.0)
    assert stop_reason(held, replace(RUN, restored=None, lifted=None, now=100.0), {}) is None


def test_an_error_on_an_unaffected_path_stops_the_run() -> None:
    assert stop_reason(DEFAULT, RUN, {"members-1": 0}) is None
    assert stop_reason(DEFAULT, RUN, {"members-1": 2}) == "an unaffected path failed: members-1: 2 writes"


@pytest.mark.parametrize(
    ("rtos", "merged"), [([None], None), ([120.0, None], 120.0), ([120.0, 600.0], 600.0)]
)
def test_the_longest_promise_counts(rtos: list[float | None], merged: float | None) -> None:
    assert merged_rto(rtos) == merged
