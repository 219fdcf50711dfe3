"""What an error means: refused only when it is certain."""

from __future__ import annotations

import pytest

from cluster_cli.drills.outcomes import commit_outcome, mongo_outcome, sync_wait_cancelled


@pytest.mark.parametrize(
    ("code", "labels", "sent", "outcome"),
    [
        (None, [], False, "refused"),  # no server was found: nothing was sent
        (10107, [], True, "refused"),
        (10107, ["RetryableWriteError"], True, "indeterminate"),  # the driver's first try may have worked
        (10107, ["RetryableWriteError", "NoWritesPerformed"], True, "refused"),
        (11602, [], True, "indeterminate"),
        (133, [], True, "indeterminate"),  # reported by a router about a write
        (64, [], True, "indeterminate"),  # wtimeout: the write is applied
        (112, [], True, "refused"),
        (None, [], True, "indeterminate"),
    ],
)
def test_mongo(code: int | None, labels: list[str], sent: bool, outcome: str) -> None:
    assert mongo_outcome(code, labels, sent=sent) == outcome


@pytest.mark.parametrize(
    ("sqlstate", "outcome"),
    [
        (None, "indeterminate"),  # the connection was lost
        ("57P01", "indeterminate"),
        ("08006", "indeterminate"),
        ("40001", "refused"),
        ("23514", "refused"),  # a deferred constraint
        ("XX000", "indeterminate"),
    ],
)
def test_commit(sqlstate: str | None, outcome: str) -> None:
    assert commit_outcome(sqlstate) == outcome


@pytest.mark.parametrize(
    ("sqlstate", "message", "cancelled"),
    [
        ("01000", "canceling wait for synchronous replication due to user request", True),
        ("57P01", "canceling the wait for synchronous replication and terminating connection", True),
        ("01000", "something else", False),
        ("00000", "canceling wait for synchronous replication due to user request", False),
    ],
)
def test_a_cancelled_wait_is_told_by_a_warning(sqlstate: str, message: str, cancelled: bool) -> None:
    assert sync_wait_cancelled(sqlstate, message) == cancelled
