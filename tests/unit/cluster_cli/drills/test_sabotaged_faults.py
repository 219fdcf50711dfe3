"""A sabotaged fault that was killed half-way can be undone: what it needs is remembered first."""

from __future__ import annotations

from typing import Any, cast

import pytest

from cluster_cli.drills.faults import (
    _actions,
    _unprotected,
    postgres_primary_crash,
    postgres_sync_standby_loss,
)
from cluster_cli.drills.faults._fault import Memo, Target
from cluster_cli.drills.site import Site

SITE = cast(Site, cast(Any, None))
PRIMARY = Target(("pg1",), {})
STANDBY = Target(("pgsync1",), {})


class Killed(BaseException):
    """As kill -9 in the middle of an effect."""


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done to members, in order; every sabotage is killed inside its first effect."""
    done: list[str] = []

    def killed(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(_unprotected, "commit_alone", killed)
    monkeypatch.setattr(_unprotected, "cancel_waits", killed)
    monkeypatch.setattr(_unprotected, "restore", lambda _: done.append("restore"))
    monkeypatch.setattr(_actions, "start", lambda _, members: done.extend(f"start {m}" for m in members))
    monkeypatch.setattr(postgres_primary_crash, "sync_standby_of", lambda _: "pgsync1")
    monkeypatch.setattr(postgres_sync_standby_loss, "leader_of", lambda _: "pg1")
    return done


def test_the_unprotected_primary_and_its_standby_are_started_before_a_primary_is_waited_for(
    steps: list[str],
) -> None:
    memo: Memo = {"sabotage": "async"}
    with pytest.raises(Killed):
        postgres_primary_crash.inject(SITE, PRIMARY, memo)
    postgres_primary_crash.undo(SITE, PRIMARY, memo)
    assert steps == ["start pg1", "start pgsync1", "restore"]


def test_without_sabotage_only_the_primary_is_started(steps: list[str]) -> None:
    postgres_primary_crash.undo(SITE, PRIMARY, {})
    assert steps == ["start pg1"]


def test_cancelled_waits_leave_the_primary_to_start(steps: list[str]) -> None:
    memo: Memo = {"sabotage": "count-cancelled"}
    with pytest.raises(Killed):
        postgres_sync_standby_loss.inject(SITE, STANDBY, memo)
    postgres_sync_standby_loss.undo(SITE, STANDBY, memo)
    assert steps == ["start pgsync1", "start pg1"]
