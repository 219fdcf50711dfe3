"""Pre-checks: every reason at once, none when all is well."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cluster_cli.drills import faults
from cluster_cli.drills.faults._fault import Target
from cluster_cli.drills.prechecks import refusals, too_wide
from cluster_cli.engines.model import ClusterStatus, Durability, Health, MemberStatus
from infra.topology import Topology, load_topology

PG1 = MemberStatus(
    "pg1", "payments", "postgres", "payments", "primary", "a", "pg-a", Health.OK, "running", lag_seconds=0.0
)
WELL = ClusterStatus("demo", "sandbox", (PG1,), Durability("sync", (("pgsync1", "b"),)))
DRILL = faults.drill("postgres-primary-crash")
SANDBOX = load_topology("sandbox")
TARGET = Target(("pg1",), {"payments": frozenset({"payments"})})


def test_a_healthy_cluster_is_admitted() -> None:
    assert refusals(WELL, DRILL, (), ()) == ()
    assert too_wide(DRILL, (TARGET,), SANDBOX) == ()


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
    (reason,) = too_wide(DRILL, (replace(TARGET, members=("pg1", "pgsync1")),), SANDBOX)
    assert reason == "postgres-primary-crash would hit 2 members (pg1, pgsync1), its limit is 1"


def with_etcd(count: int) -> Topology:
    """The reference topology with so many etcd members."""
    payments = SANDBOX.payments
    assert payments is not None
    etcd = tuple(payments.etcd[0].model_copy(update={"name": f"etcd-{n}"}) for n in range(count))
    return SANDBOX.model_copy(update={"payments": payments.model_copy(update={"etcd": etcd})})


@pytest.mark.parametrize(("members", "hit"), [(3, 2), (5, 3), (7, 4)])
def test_the_loss_of_a_quorum_hits_a_majority_and_no_more(members: int, hit: int) -> None:
    drill, topology = faults.drill("etcd-quorum-loss"), with_etcd(members)
    majority = replace(TARGET, members=tuple(f"etcd-{n}" for n in range(hit)))
    assert too_wide(drill, (majority,), topology) == ()
    assert too_wide(drill, (replace(majority, members=(*majority.members, "one-more")),), topology)
