"""How old the oldest waiting WAL segment is, from what the leader says."""

from datetime import UTC, datetime, timedelta

from cluster_cli.engines.postgresql.archiving import backlog

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def test_the_age_is_that_of_the_oldest_segment():
    found = backlog(3, NOW - timedelta(seconds=130), "a", NOW)
    assert (found.waiting, found.oldest_seconds, found.late) == (3, 130.0, True)


def test_nothing_waits():
    found = backlog(0, None, "a", NOW)
    assert (found.oldest_seconds, found.late) == (None, False)


def test_a_clock_that_runs_ahead_makes_no_negative_age():
    assert backlog(1, NOW + timedelta(seconds=5), None, NOW).oldest_seconds == 0.0
