"""Armed faults: on disk before they act, private, readable by another process."""

from __future__ import annotations

import os
from dataclasses import dataclass
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


def test_a_fault_of_a_dead_process_is_orphaned(ctx: Context) -> None:
    entry = armed.arm(ctx, "x", "run-1", TARGET)
    entry.started -= 100  # the pid now belongs to another process
    assert entry.orphaned
    entry.pid = max(os.getpid(), 2**22 - 2)
    assert entry.orphaned
