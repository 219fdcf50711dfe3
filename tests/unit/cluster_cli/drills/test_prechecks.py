"""Pre-checks: every reason at once, none when all is well."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cluster_cli.drills import faults
from cluster_cli.drills.faults._fault import Target
from cluster_cli.drills.prechecks import refusals
from cluster_cli.engines.model import ClusterStatus, Durability, Health, MemberStatus

PG1 = MemberStatus(
    "pg1", "payments", "postgres", "payments", "primary", "a", "pg-a", Health.OK, "running", lag_seconds=0.0
)
WELL = ClusterStatus("demo", "sandbox", (PG1,), Durability("sync", (("pgsync1", "b"),)))
DRILL = faults.drill("postgres-primary-crash")
TARGET = Target(("pg1",), {"payments": frozenset({"payments"})})


def test_a_healthy_cluster_is_admitted() -> None:
    assert refusals(WELL, DRILL, (TARGET,), (), ()) == ()


@pytest.mark.parametrize(
    ("status", "target", "missing", "armed", "named"),
    [
        (replace(WELL, members=(replace(PG1, health=Health.DOWN),)), TARGET, (), (), "pg1 is down"),
        (replace(WELL, members=(replace(PG1, lag_seconds=11.0),)), TARGET, (), (), "pg1 lags by 11.0 s"),
        (replace(WELL, durability=Durability("degraded")), TARGET, (), (), "not replicated synchronously"),
        (WELL, replace(TARGET, members=("pg1", "pgsync1")), (), (), "its limit is 1"),
        (WELL, TARGET, ("Kill",), (), "Kill"),
        (WELL, TARGET, (), ("proxy-loss",), "swapctl drill undo"),
    ],
)
def test_each_reason_is_named(
    status: ClusterStatus, target: Target, missing: tuple[str, ...], armed: tuple[str, ...], named: str
) -> None:
    found = refusals(status, DRILL, (target,), missing, armed)
    assert found
    assert any(named in reason for reason in found), found


def test_all_reasons_come_at_once() -> None:
    sick = replace(WELL, members=(replace(PG1, health=Health.DOWN, lag_seconds=99.0),))
    assert len(refusals(sick, DRILL, (TARGET,), ("Kill",), ("proxy-loss",))) >= 4
