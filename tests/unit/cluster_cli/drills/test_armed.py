"""Armed faults: on disk before they act, private, readable by another process."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest

from cluster_cli.drills import armed
from cluster_cli.drills.faults._fault import Target
from infra.context import Context

TARGET = Target(("pg1", "etcd-a"), {"payments": frozenset({"payments"})}, {"payments": "payments"})


@dataclass
class FakeContext:
    """As much of a context as the armory needs."""

    state_dir: Path


@pytest.fixture
def ctx(tmp_path: Path) -> Context:
    return cast(Context, cast(Any, FakeContext(tmp_path)))


def test_an_armed_fault_is_found_by_another_process(ctx: Context) -> None:
    entry = armed.arm(ctx, "postgres-host-loss", "run-1", TARGET)
    entry.memo["term"] = "3"
    (found,) = armed.all_armed(ctx)
    assert (found.fault, found.target, found.memo) == ("postgres-host-loss", TARGET, {"term": "3"})
    assert not found.orphaned


def test_a_word_of_the_memo_is_on_disk_as_soon_as_it_is_set(ctx: Context) -> None:
    entry = armed.arm(ctx, "x", "run-1", TARGET, {"sabotage": "async"})
    entry.memo["standby"] = "pgsync1"
    (again,) = armed.all_armed(ctx)
    assert again.memo == {"sabotage": "async", "standby": "pgsync1"}
    again.memo.update(primary="pg1")  # also for the process that undoes it
    assert armed.all_armed(ctx)[0].memo["primary"] == "pg1"


def test_the_file_is_private(ctx: Context) -> None:
    assert armed.arm(ctx, "x", "run-1", TARGET).path.stat().st_mode & 0o777 == 0o600


def test_a_lifted_fault_is_forgotten(ctx: Context) -> None:
    armed.arm(ctx, "x", "run-1", TARGET).forget()
    assert armed.all_armed(ctx) == ()


@pytest.mark.parametrize(
    "other",
    [{"ticks": 1}, {"boot": "another"}, {"pid": 2**22 - 2}],
    ids=["a later process", "a boot", "nobody"],
)
def test_a_fault_of_a_dead_process_is_orphaned(ctx: Context, other: dict[str, Any]) -> None:
    entry = armed.arm(ctx, "x", "run-1", TARGET)
    entry.by = replace(entry.by, **other)
    entry.save()
    assert armed.all_armed(ctx)[0].orphaned


def test_a_clock_that_is_set_orphans_nothing(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    armed.arm(ctx, "x", "run-1", TARGET)
    monkeypatch.setattr("time.time", lambda: 0.0)
    assert not armed.all_armed(ctx)[0].orphaned


def test_a_record_of_an_older_version_is_read_and_can_be_undone(ctx: Context) -> None:
    entry = armed.arm(ctx, "x", "run-1", TARGET, {"standby": "pgsync1"})
    old = json.loads(entry.path.read_text())
    del old["by"]
    entry.path.write_text(json.dumps({**old, "pid": os.getpid(), "started": 1767225600.25}))
    (found,) = armed.all_armed(ctx)
    assert (found.fault, found.target, found.memo) == ("x", TARGET, {"standby": "pgsync1"})
    assert found.orphaned
