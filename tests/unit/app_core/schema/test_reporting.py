"""The age that a report admits, also when several shards answered."""

from __future__ import annotations

import pytest
from bson import Timestamp

from app_core.schema.model import REPORTING_STALENESS_S
from app_core.schema.reporting import dated

NOW = 1_800_000_000


def replied(*shards_behind: int):
    """A router's answer: of its shards' times of operation it passes on the greatest."""
    newest = Timestamp(NOW - min(shards_behind), 1)
    return dated((), newest, {"clusterTime": Timestamp(NOW, 7)})


@pytest.mark.parametrize("behind", [(0,), (3,), (3, 80), (0, 90), (89, 1, 45)])
def test_the_oldest_shards_age_lies_within_what_is_said(behind):
    found = replied(*behind)
    assert found.least_seconds <= max(behind) <= found.most_seconds
    assert found.least_seconds == min(behind)


def test_the_note_says_both_bounds():
    assert replied(2, 70).aged() == f"data 2 to about {REPORTING_STALENESS_S} s old"


@pytest.mark.parametrize(
    ("operation_time", "cluster_time"),
    [(None, None), (None, {"clusterTime": Timestamp(NOW, 1)}), (Timestamp(NOW, 1), None)],
)
def test_an_answer_without_times_is_bounded_all_the_same(operation_time, cluster_time):
    found = dated((), operation_time, cluster_time)
    assert (found.least_seconds, found.most_seconds) == (0, REPORTING_STALENESS_S)


def test_an_operation_newer_than_the_known_time_is_no_negative_age():
    assert dated((), Timestamp(NOW + 5, 1), {"clusterTime": Timestamp(NOW, 1)}).least_seconds == 0


def test_older_than_allowed_is_said_when_it_is_known():
    assert replied(95).aged() == "data 95 to about 95 s old"
