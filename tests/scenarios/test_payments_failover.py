"""Losses in the payments domain: the leader, the etcd quorum, the path to the DR region."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from cluster_cli.engines.model import Health
from cluster_cli.engines.postgresql import connect, failover, leader, read_status, sync_state
from cluster_cli.engines.postgresql.etcd import read_views
from infra.context import Context
from infra.platform import Kill, Pause
from tests.scenarios.payments_load import load, missing, wait_until
from tests.scenarios.test_payments_switchover import is_healthy

pytestmark = pytest.mark.cluster


@pytest.fixture
def healthy(sandbox: Context) -> Iterator[Context]:
    wait_until(lambda: is_healthy(sandbox), 60)
    yield sandbox
    for member in sandbox.endpoints:
        if not sandbox.platform.running(member):
            sandbox.platform.start(member)
    wait_until(lambda: is_healthy(sandbox), 90)


def kill(ctx: Context, member: str, part: str | None = None) -> None:
    assert isinstance(ctx.platform, Kill)
    ctx.platform.kill(member, part)


def test_failover_from_a_dead_leader_loses_no_acknowledged_payment(healthy: Context) -> None:
    old = leader(healthy)
    assert old is not None
    with load(healthy) as seen:
        kill(healthy, old)
        result = failover(healthy, "payments")
        assert result is not None and result.new_primary != old
        wait_until(lambda: leader(healthy) == result.new_primary, 10)
    assert missing(healthy, seen) == set()
    assert sync_state(healthy).mode == "degraded"


@pytest.mark.full
def test_failover_from_a_frozen_leader_ends_with_its_lease(healthy: Context) -> None:
    old = leader(healthy)
    assert old is not None and isinstance(healthy.platform, Pause)
    with load(healthy) as seen:
        healthy.platform.pause(old)
        try:
            result = failover(healthy, "payments")
        finally:
            healthy.platform.resume(old)
        assert result is not None and result.new_primary != old
        wait_until(lambda: leader(healthy) == result.new_primary, 10)
    assert missing(healthy, seen) == set()


def test_crash_of_the_postmaster_moves_the_leader_role(healthy: Context) -> None:
    old = leader(healthy)
    assert old is not None
    with load(healthy) as seen:
        kill(healthy, old, "postmaster")
        wait_until(lambda: leader(healthy) not in (None, old), 30)
    assert missing(healthy, seen) == set()


def test_since_when_payments_are_degraded_is_told_and_stays(healthy: Context) -> None:
    payments = healthy.topology.payments
    assert payments is not None
    old = leader(healthy)
    assert old is not None
    standby = next(member.name for member in payments.members if member.name != old)
    fault = datetime.now(UTC)
    kill(healthy, standby)
    since = degraded_since(healthy)
    assert fault <= since <= fault + timedelta(seconds=5)
    reload_configuration(healthy, old)
    assert degraded_since(healthy) == since  # the reload changed nothing


def reload_configuration(ctx: Context, member: str) -> None:
    with connect(ctx, via=member, autocommit=True) as connection:
        before = connection.execute("SELECT pg_conf_load_time()").fetchone()
        connection.execute("SELECT pg_reload_conf()")
        wait_until(lambda: connection.execute("SELECT pg_conf_load_time()").fetchone() != before, 10)


def degraded_since(ctx: Context) -> datetime:
    told: list[str] = []

    def dated() -> bool:
        since = sync_state(ctx).since  # None as well where the leader answers late
        told[:] = [since] if since is not None else []
        return since is not None

    wait_until(dated, 30)
    return datetime.fromisoformat(told[0])


@pytest.mark.full  # its members take half a minute to be healthy again
def test_writes_go_on_without_an_etcd_quorum(healthy: Context) -> None:
    members = [e.member for e in healthy.of_kind("etcd", "payments-etcd")]
    old = leader(healthy)
    with load(healthy) as seen:
        for member in members[:2]:
            kill(healthy, member)
        wait_until(lambda: views_without_leader(healthy, members[2]), 10)
        wait_until(lambda: any(m.note and "failsafe" in m.note for m in read_status(healthy)), 30)
        count = len(seen.acked)
        wait_until(lambda: len(seen.acked) > count + 100, 20)
    assert leader(healthy) == old
    assert seen.failed == []


def views_without_leader(ctx: Context, member: str) -> bool:
    view = read_views(ctx, "payments-etcd")[member]
    return view.reachable is not Health.OK


def test_a_cut_link_leaves_the_primary_region_alone_and_the_dr_catches_up(healthy: Context) -> None:
    assert isinstance(healthy.platform, Pause)
    with load(healthy) as seen:
        healthy.platform.pause("dr-link")
        try:
            count = len(seen.acked)
            wait_until(lambda: len(seen.acked) > count + 200, 30)
            frozen = next(m for m in read_status(healthy) if m.member == "dr-link")
            assert frozen.health is Health.FROZEN
        finally:
            healthy.platform.resume("dr-link")
    assert seen.failed == []
    with connect(healthy, via="proxy") as connection:
        total = connection.execute("SELECT count(*) FROM payment_intent").fetchone()
    wait_until(lambda: count_at(healthy, "pgdr1") == total, 30)


def count_at(ctx: Context, member: str) -> object:
    with connect(ctx, via=member) as connection:
        return connection.execute("SELECT count(*) FROM payment_intent").fetchone()
