"""Faults that a killed drill left armed are findings of `doctor`; those of one that lives are not."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from cluster_cli import doctor
from cluster_cli.drills import armed
from cluster_cli.drills.faults._fault import Target
from infra.sandbox import state
from infra.sandbox.home import paths

TARGET = Target(("pg1",), {"payments": frozenset({"payments"})}, {"payments": "payments"})


@pytest.fixture
def where(tmp_path, monkeypatch):
    monkeypatch.setenv("SWAPCTL_HOME", str(tmp_path))
    made = paths("demo")
    made.root.mkdir(parents=True)
    state.write(made, state.SandboxState("demo", "minimal", {}, state.now(), "running"))
    return made


@pytest.fixture
def entry(where):
    return armed.arm(
        cast(Any, SimpleNamespace(state_dir=where.root)), "postgres-primary-crash", "run-1", TARGET
    )


def kill(entry):
    entry.by = replace(entry.by, ticks=entry.by.ticks - 1)  # the pid belongs to another process by now
    entry.save()


def test_a_fault_of_a_killed_drill_is_found_with_its_cure(where, entry):
    kill(entry)
    (found,) = doctor._leftovers(where)
    assert "postgres-primary-crash on pg1" in found.what
    assert (found.area, found.cure) == ("leftover", "swapctl drill undo --context demo")
    assert doctor.exit_code([found]) == 3


def test_on_a_stopped_sandbox_the_cure_starts_it_first(where, entry):
    kill(entry)
    state.write(where, state.SandboxState("demo", "minimal", {}, state.now(), "stopped"))
    (found,) = doctor._leftovers(where)
    assert found.cure.startswith("swapctl up --name demo")


def test_a_drill_that_lives_and_a_fault_that_is_lifted_are_no_findings(where, entry):
    assert list(doctor._leftovers(where)) == []
    kill(entry)
    entry.forget()
    assert list(doctor._leftovers(where)) == []
