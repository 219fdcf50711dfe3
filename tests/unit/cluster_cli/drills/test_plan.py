"""Ids of a run: found again by range, the same for the same words, never another run's."""

from __future__ import annotations

from uuid import UUID

from cluster_cli.drills.plan import RunPlan
from cluster_cli.drills.records import Op
from cluster_cli.drills.workloads.base import fold_rows

PLAN = RunPlan("run-1", 7)


def test_every_id_lies_in_the_runs_range() -> None:
    low, high = PLAN.id_range
    ids = [PLAN.id_of("client", number) for number in range(1000)]
    assert len(set(ids)) == 1000
    assert all(low <= found <= high for found in ids)


def test_ids_differ_between_runs_and_repeat_within_one() -> None:
    assert PLAN.id_of("a", 1) == RunPlan("run-1", 8).id_of("a", 1)
    assert PLAN.id_of("a", 1) != RunPlan("run-2", 7).id_of("a", 1)


def test_the_seed_decides_the_random_choices() -> None:
    assert PLAN.random("aim").random() == RunPlan("run-2", 7).random("aim").random()
    assert PLAN.random("aim").random() != RunPlan("run-1", 8).random("aim").random()


def test_a_sabotage_acts_only_on_the_paths_under_test() -> None:
    plan = RunPlan("run-1", 7, "weak-writes", under_test=frozenset({"exchange-1"}))
    assert plan.breaks("weak-writes", "exchange-1")
    assert not plan.breaks("weak-writes", "members-1")
    assert not plan.breaks("no-idempotency", "exchange-1")
    assert not PLAN.breaks("weak-writes", "exchange-1")


def test_two_rows_of_one_value_are_a_duplicate() -> None:
    value, other = str(UUID(int=1)), str(UUID(int=2))
    first = Op("c", "social", "exchange-1", "majority", "sessions", value, 1, 0, 1, "indeterminate")
    second = Op(
        "c", "social", "exchange-1", "majority", "sessions", value, 2, 1, 2, "acked", detail={"row": other}
    )
    rows = {("sessions", value): 1, ("sessions", other): 1, ("sessions", "ghost"): 1}
    assert fold_rows([first, second], rows) == {("sessions", value): 2, ("sessions", "ghost"): 1}
