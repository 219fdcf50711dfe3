"""`on_loss: block`: without the synchronous standby no commit is acknowledged, though the DR streams."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from cluster_cli.engines.postgresql import connect, read_status, sync_state
from cluster_cli.ephemeral import ephemeral_cluster
from infra.context import Context
from infra.topology import load_topology
from tests.scenarios.payments_load import INSERT, wait_until

pytestmark = pytest.mark.cluster
_SETTLE_S = 4.0


@pytest.fixture(scope="module")
def blocking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """The reference topology's payments, with `on_loss: block`."""
    fields = yaml.safe_load(load_topology("sandbox").source)
    fields["payments"]["sync"]["on_loss"] = "block"
    del fields["social"]
    fields["hosts"] = [host for host in fields["hosts"] if not host["name"].startswith("mongo")]
    fields["sla"] = {}
    path: Path = tmp_path_factory.mktemp("block") / "block.yaml"
    path.write_text(yaml.safe_dump(fields, sort_keys=False))
    with ephemeral_cluster(load_topology(str(path))) as ctx:
        yield ctx


def insert(ctx: Context, acknowledged: threading.Event) -> None:
    with connect(ctx, "app") as connection:
        payment = uuid.uuid4()
        connection.execute(INSERT, (payment, payment))
        connection.commit()
        acknowledged.set()


def dr_streams(ctx: Context) -> bool:
    return any(m.member == "pgdr1" and m.ok for m in read_status(ctx))


def test_no_commit_is_acknowledged_without_the_synchronous_standby(blocking: Context) -> None:
    assert sync_state(blocking).line() == "sync (pgsync1, zone b)"
    blocking.platform.stop("pgsync1")
    assert dr_streams(blocking)
    acknowledged = threading.Event()
    client = threading.Thread(target=insert, args=(blocking, acknowledged), daemon=True)
    client.start()
    assert not acknowledged.wait(_SETTLE_S), "a commit was acknowledged without the synchronous standby"
    assert dr_streams(blocking)
    assert sync_state(blocking).mode == "sync"
    blocking.platform.start("pgsync1")
    assert acknowledged.wait(60), "the commit is not acknowledged after the standby came back"
    client.join(10)
    wait_until(lambda: sync_state(blocking).standbys == (("pgsync1", "b"),), 30)
