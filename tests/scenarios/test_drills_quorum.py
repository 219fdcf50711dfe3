"""A quorum of three: after a host is lost, writes go on and every one is still on two members."""

from __future__ import annotations

from pathlib import Path

import pytest

from cluster_cli.ephemeral import ephemeral_cluster
from infra.topology import load_topology
from tests.scenarios.test_drills import drill


@pytest.mark.full
def test_a_lost_host_leaves_every_write_synchronous(tmp_path: Path) -> None:
    with ephemeral_cluster(load_topology("quorum")) as ctx:
        code, report = drill(ctx, tmp_path, "postgres-host-loss", "--seed", "1", "--duration", "60s")
    assert (code, report.verdict) == (0, "pass"), report.reasons
    payments = report.domains.payments
    assert payments is not None
    assert payments.interrupted and payments.rto_seconds is not None  # the primary's host was lost
    assert payments.by_class.sync.acked > 0
    assert (payments.by_class.sync.lost, payments.by_class.degraded.acked) == (0, 0)
