"""What a run knows of its own course: when each domain was struck."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from cluster_cli.drills import faults
from cluster_cli.drills.faults._fault import Target
from cluster_cli.drills.measures import Struck
from cluster_cli.drills.records import Domain, FaultEvent
from cluster_cli.drills.run_state import Request, Run

POSTGRES, MONGO = "postgres-primary-crash", "mongo-primary-crash"
TARGETS = [
    Target(("pg1",), {"payments": frozenset({"payments"})}),
    Target(("exchange-1-a",), {"social": frozenset({"exchange-1"})}),
]
BEGUN = [FaultEvent(20.0, POSTGRES, "injected", "pg1"), FaultEvent(20.1, MONGO, "injected", "exchange-1-a")]
PROVED = [
    FaultEvent(20.3, POSTGRES, "landed", "pg1", "seen"),
    FaultEvent(22.3, MONGO, "landed", "exchange-1-a", "seen"),
]


def run_of(drill: str, targets: list[Target], records: list[FaultEvent]) -> Run:
    """A run of a drill that has come as far as its records say."""
    parts = {"request": Request(faults.drill(drill), 1, ()), "targets": targets}
    recorder = SimpleNamespace(records=records)
    rest = dict.fromkeys(("ctx", "plan", "directory", "clock", "workloads", "promises", "before"))
    return Run(**cast(Any, {**rest, **parts, "recorder": recorder}))


@pytest.mark.parametrize(
    ("records", "struck"),
    [
        ([*BEGUN, *PROVED], {"payments": Struck(20.0, 20.3), "social": Struck(20.1, 22.3)}),
        ([*BEGUN, PROVED[0]], {"payments": Struck(20.0, 20.3)}),
        (BEGUN, {}),
    ],
)
def test_each_domain_is_struck_by_its_own_fault(
    records: list[FaultEvent], struck: dict[Domain, Struck]
) -> None:
    assert run_of("both-primaries-crash", TARGETS, records).struck() == struck


def test_what_is_its_own_recovery_is_counted_from_the_injection() -> None:
    events = [
        FaultEvent(3.0, "mongo-stepdown", "injected", "m"),
        FaultEvent(4.0, "mongo-stepdown", "landed", "m"),
    ]
    assert run_of("mongo-stepdown", TARGETS[1:], events).struck() == {"social": Struck(3.0, 4.0, True)}
