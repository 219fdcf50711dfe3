"""Whose acknowledgement commits wait for under `on_loss: block`."""

from cluster_cli.bootstrap.blocking import names
from infra.topology import load_topology


def with_sync(**changes):
    topology = load_topology("sandbox")
    sync = topology.payments.sync.model_copy(update=changes)
    return topology.model_copy(update={"payments": topology.payments.model_copy(update={"sync": sync})})


def test_block_waits_for_members_of_the_primary_region_alone():
    assert names(with_sync(on_loss="block")) == 'FIRST 1 ("pg1", "pgsync1")'


def test_degrade_quorum_and_no_sync_leave_the_list_to_patroni():
    assert names(with_sync(on_loss="degrade")) is None
    assert names(with_sync(on_loss="block", mode="quorum")) is None
    assert names(with_sync(on_loss="block", count=0)) is None
