"""Pre-checks: every reason at once, none when all is well."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cluster_cli.drills import faults
from cluster_cli.drills.faults._fault import Target
from cluster_cli.drills.prechecks import refusals, too_wide
from cluster_cli.engines.model import ClusterStatus, Durability, Health, MemberStatus

PG1 = MemberStatus(
    "pg1", "payments", "postgres", "payments", "primary", "a", "pg-a", Health.OK, "running", lag_seconds=0.0
)
WELL = ClusterStatus("demo", "sandbox", (PG1,), Durability("sync", (("pgsync1", "b"),)))
DRILL = faults.drill("postgres-primary-crash")
TARGET = Target(("pg1",), {"payments": frozenset({"payments"})})


def test_a_healthy_cluster_is_admitted() -> None:
    assert refusals(WELL, DRILL, (), ()) == ()
    assert too_wide(DRILL, (TARGET,)) == ()


@pytest.mark.parametrize(
    ("status", "missing", "armed", "named"),
    [
        (replace(WELL, members=(replace(PG1, health=Health.DOWN),)), (), (), "pg1 is down"),
        (replace(WELL, members=(replace(PG1, lag_seconds=11.0),)), (), (), "pg1 lags by 11.0 s"),
        (replace(WELL, durability=Durability("degraded")), (), (), "not replicated synchronously"),
        (WELL, ("Kill",), (), "Kill"),
        (WELL, (), ("proxy-loss",), "swapctl drill undo"),
    ],
)
def test_each_reason_is_named(
    status: ClusterStatus, missing: tuple[str, ...], armed: tuple[str, ...], named: str
) -> None:
    found = refusals(status, DRILL, missing, armed)
    assert found
    assert any(named in reason for reason in found), found


def test_all_reasons_come_at_once() -> None:
    sick = replace(WELL, members=(replace(PG1, health=Health.DOWN, lag_seconds=99.0),))
    assert len(refusals(sick, DRILL, ("Kill",), ("proxy-loss",))) >= 4


def test_a_fault_may_not_hit_more_members_than_its_limit() -> None:
    (reason,) = too_wide(DRILL, (replace(TARGET, members=("pg1", "pgsync1")),))
    assert reason == "postgres-primary-crash would hit 2 members (pg1, pgsync1), its limit is 1"
