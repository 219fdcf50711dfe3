"""The fixture `swapskill_cluster`, used as a project that tests against a real cluster uses it."""

from __future__ import annotations

import psycopg
import pytest
from pymongo import MongoClient

from app_core.errors import UsageError
from cluster_cli.status import read_cluster
from cluster_cli.testing.plugin import Cluster
from cluster_cli.waiting import wait_until


def test_the_uris_lead_to_both_databases(swapskill_cluster: Cluster) -> None:
    assert swapskill_cluster.context.name.startswith("run-")
    with MongoClient(swapskill_cluster.env["MONGO_URI"]) as mongo:
        assert mongo.admin.command("ping")["ok"] == 1
    with psycopg.connect(swapskill_cluster.env["PG_URI"], prepare_threshold=None) as postgres:
        assert postgres.execute("SELECT 1").fetchone() == (1,)


def test_what_is_failed_is_down_until_it_is_healed(swapskill_cluster: Cluster) -> None:
    assert swapskill_cluster.fail("payments-primary") == "pg1"
    assert swapskill_cluster.fail("exchange-1-primary") == "exchange-1-a"
    assert not read_cluster(swapskill_cluster.context).healthy
    swapskill_cluster.heal()
    assert wait_until(lambda: read_cluster(swapskill_cluster.context).healthy, 30)
    assert swapskill_cluster.failed == []


def test_an_unknown_target_is_refused_with_the_names(swapskill_cluster: Cluster) -> None:
    with pytest.raises(UsageError, match="unknown member"):
        swapskill_cluster.fail("payments-primry")
    assert wait_until(lambda: read_cluster(swapskill_cluster.context).healthy, 30)
