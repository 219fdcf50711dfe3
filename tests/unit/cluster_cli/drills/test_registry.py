"""Every fault and drill has what it must have: found by scan, asked one by one."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from app_core.errors import UsageError
from cluster_cli.drills import faults, gather, sabotage
from cluster_cli.drills.evidence import Claims
from cluster_cli.drills.faults import Drill, Fault
from cluster_cli.drills.faults._actions import can
from cluster_cli.drills.faults._fault import NOT_NOTICED
from infra.topology import load_topology
from infra.topology.model import Topology
from infra.topology.sla import SocialSla

WANTED = {
    "both-primaries-crash",
    "dr-link-loss",
    "etcd-member-loss",
    "etcd-quorum-loss",
    "mongo-config-loss",
    "mongo-primary-crash",
    "mongo-primary-freeze",
    "mongo-router-loss",
    "mongo-shard-loss",
    "mongo-stepdown",
    "mongo-w1-rollback",
    "postgres-host-loss",
    "postgres-host-loss-etcd-leader",
    "postgres-primary-crash",
    "postgres-switchover",
    "postgres-sync-standby-loss",
    "proxy-loss",
}


def test_the_promised_drills_are_there() -> None:
    assert {drill.name for drill in faults.drills()} >= WANTED


@pytest.mark.parametrize("fault", faults.registry(), ids=lambda fault: fault.name)
def test_every_fault_is_complete(fault: Fault) -> None:
    assert fault.help.endswith(".")
    assert fault.expect.endswith(".")
    assert fault.case in SocialSla.model_fields
    assert fault.limit(load_topology("sandbox")) >= 1
    assert set(fault.sabotages) <= set(sabotage.KINDS)
    assert all(not can(object(), need) for need in fault.needs)  # each is a protocol that a platform may lack
    assert fault.must_lose == (fault.rollback is not None)


@pytest.mark.parametrize("fault", faults.registry(), ids=lambda fault: fault.name)
def test_a_fault_lives_in_the_file_of_its_name(fault: Fault) -> None:
    module = importlib.import_module(f"cluster_cli.drills.faults.{fault.name.replace('-', '_')}")
    assert module.FAULT is fault
    assert (module.__doc__ or "").strip()


@pytest.mark.parametrize("drill", faults.drills(), ids=lambda drill: drill.name)
def test_the_faults_of_a_drill_agree_on_the_case(drill: Drill) -> None:
    assert len({fault.case for fault in drill.faults}) == 1


@pytest.mark.parametrize(
    ("name", "claims"),
    [
        ("postgres-switchover", Claims(failed_attempts=0)),
        ("dr-link-loss", NOT_NOTICED),
        ("etcd-member-loss", NOT_NOTICED),
        ("mongo-config-loss", NOT_NOTICED),
    ],
)
def test_a_drill_whose_words_say_that_no_client_notices_claims_so(name: str, claims: Claims) -> None:
    drill = faults.drill(name)
    assert drill.claims == dict.fromkeys(drill.domains, claims)


def on_loss(mode: str) -> Topology:
    """The reference topology, which has one standby, with another `on_loss`."""
    topology = load_topology("sandbox")
    assert topology.payments is not None
    sync = topology.payments.sync.model_copy(update={"on_loss": mode})
    return topology.model_copy(update={"payments": topology.payments.model_copy(update={"sync": sync})})


@pytest.mark.parametrize(
    ("topology", "degrades"),
    [(on_loss("degrade"), True), (on_loss("block"), False), (load_topology("quorum"), False)],
    ids=["no spare standby", "block", "a spare standby"],
)
def test_degraded_writes_are_claimed_where_no_standby_is_left(topology: Topology, degrades: bool) -> None:
    drill = faults.drill("postgres-sync-standby-loss")
    assert gather.claims(topology, drill)["payments"].degrades == degrades
    assert not gather.claims(topology, faults.drill("postgres-primary-crash"))["payments"].degrades


def test_of_two_faults_in_one_domain_neither_claim_holds() -> None:
    link, member = faults.fault("dr-link-loss"), faults.fault("etcd-member-loss")
    assert Drill("x", "x.", (link, member), ()).claims == {"payments": Claims()}


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("mongo-primary-crash", 15),
        ("mongo-stepdown", 15),
        ("mongo-router-loss", None),
        ("mongo-config-loss", None),
        ("mongo-shard-loss", None),
        ("both-primaries-crash", 15),
    ],
)
def test_the_election_is_judged_where_one_must_happen(name: str, limit: float | None) -> None:
    topology = load_topology("sandbox")
    assert gather.promises(topology, faults.drill(name))["social"].election == limit


@pytest.mark.parametrize("kind", sabotage.KINDS)
def test_every_sabotage_is_declared_by_some_drill(kind: str) -> None:
    assert any(kind in drill.sabotages for drill in faults.drills())


def test_the_timing_solver_predicts_every_fault() -> None:
    from infra.timing import solve

    topology: Topology = load_topology("sandbox")
    assert {fault.name for fault in faults.registry()} <= set(solve(topology).predicted)


def test_an_unknown_drill_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match="did you mean 'mongo-stepdown'"):
        faults.drill("mongo-stepdwn")


def test_no_file_of_the_folder_is_overlooked() -> None:
    folder = Path(faults.__file__).parent
    files = {path.stem.replace("_", "-") for path in folder.glob("[!_]*.py")}
    assert files == {drill.name for drill in faults.drills()}
