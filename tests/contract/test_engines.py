"""What every engine shows of its members, and how it moves their first role or says why it does not."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from app_core.errors import RefusedError
from cluster_cli.engines.model import PRIMARY_ROLES, MemberStatus
from cluster_cli.waiting import wait_until
from infra.context import Context
from infra.platform import Kill
from tests.contract.conftest import HEAL_TIMEOUT_S
from tests.contract.engines import ENGINES, Engine

CHANGES = ("failover", "switchover")
PRIMARY_OR_SECONDARY = {"primary", "secondary"}
ROLES = {
    "mongod-shard": PRIMARY_OR_SECONDARY,
    "mongod-config": PRIMARY_OR_SECONDARY,
    "router": {"router"},
    "postgres": {"primary", "sync", "standby-leader"},
    "etcd": {"leader", "follower"},
    "proxy": {"proxy"},
    "objectstore": {"archive"},
    "dr-link": {"relay"},
}
"""The roles of a healthy reference topology."""


@pytest.fixture(params=ENGINES, ids=lambda engine: engine.domain)
def engine(request: pytest.FixtureRequest) -> Engine:
    return request.param


@pytest.fixture
def healthy(deployed: Context, engine: Engine) -> Context:
    """The deployment, this engine's members in their roles again; the other one may still be on its way."""
    assert wait_until(lambda: engine.is_whole(deployed), HEAL_TIMEOUT_S, 0.2)
    return deployed


def test_the_statuses_of_all_engines_name_every_member_once(deployed: Context) -> None:
    seen = Counter(m.member for engine in ENGINES for m in engine.api.read_status(deployed))
    assert seen == Counter(deployed.endpoints.keys())


def test_a_status_gives_each_member_its_place_role_and_health(healthy: Context, engine: Engine) -> None:
    rows: list[MemberStatus] = []

    def all_answer() -> bool:  # of a busy host one may answer late
        rows[:] = engine.api.read_status(healthy)
        return all(row.ok for row in rows)

    assert wait_until(all_answer, 30), [row.problem for row in rows if not row.ok]
    for row in rows:
        place = healthy.endpoint(row.member)
        assert (row.kind, row.group, row.zone) == (place.kind, place.group, place.zone)
        assert row.host == place.host and row.domain == engine.domain
        assert row.role in ROLES[row.kind], row
    first = Counter(row.group for row in rows if row.role in PRIMARY_ROLES)
    assert first and set(first.values()) == {1}


def test_the_primary_is_the_one_member_that_takes_writes(healthy: Context, engine: Engine) -> None:
    primary = engine.primary(healthy, engine.group)
    assert engine.writable(healthy) == [primary]
    assert [row.member for row in engine.rows(healthy) if row.role == "primary"] == [primary]


@pytest.mark.parametrize("change", CHANGES)
def test_a_dry_run_tells_the_steps_and_takes_none(healthy: Context, engine: Engine, change: str) -> None:
    before, told = engine.writable(healthy), list[str]()
    result = getattr(engine.api, change)(healthy, engine.group, dry_run=True, progress=told.append)
    assert result is None and told
    assert engine.writable(healthy) == before


@pytest.mark.parametrize("change", CHANGES)
def test_a_member_of_another_group_is_refused_by_name(healthy: Context, engine: Engine, change: str) -> None:
    before = engine.writable(healthy)
    stranger = next(e.member for e in healthy.of_kind(engine.kind) if e.group != engine.group)
    refused(healthy, engine, change, stranger, target=stranger)
    assert engine.writable(healthy) == before


def test_a_failover_moves_the_primary_and_loses_no_acknowledged_write(
    healthy: Context, engine: Engine
) -> None:
    old = engine.primary(healthy, engine.group)
    with engine.load(healthy) as seen:
        change = engine.api.failover(healthy, engine.group)
        acked = len(seen.acked)
    assert change is not None and (change.change, change.group) == ("failover", engine.group)
    assert change.old_primary == old != change.new_primary
    leads(healthy, engine, change.new_primary)
    assert len(seen.acked) > acked, "no write was acknowledged afterwards"
    assert engine.lost(healthy, seen) == set()


def test_a_switchover_reaches_the_member_that_is_named(healthy: Context, engine: Engine) -> None:
    old = engine.primary(healthy, engine.group)
    target = next(row.member for row in engine.rows(healthy) if row.member != old)
    with engine.load(healthy) as seen:
        change = engine.api.switchover(healthy, engine.group, target=target)
        acked = len(seen.acked)
    assert change is not None and (change.change, change.group) == ("switchover", engine.group)
    assert (change.old_primary, change.new_primary) == (old, target)
    leads(healthy, engine, target)
    assert len(seen.acked) > acked, "no write was acknowledged afterwards"
    assert len(seen.failed) <= engine.forgiven, seen.failed
    assert engine.lost(healthy, seen) == set()


def test_without_a_member_that_could_take_over_both_are_refused(healthy: Context, engine: Engine) -> None:
    assert isinstance(healthy.platform, Kill)
    old = engine.primary(healthy, engine.group)
    others = [row.member for row in engine.rows(healthy) if row.member != old]
    try:
        for member in others:
            healthy.platform.kill(member)
        for change in CHANGES:
            refused(healthy, engine, change, engine.nobody)
        assert engine.primary(healthy, engine.group) in (old, None)
    finally:
        for member in others:
            healthy.platform.start(member)


def refused(ctx: Context, engine: Engine, change: str, why: str, **options: Any) -> None:
    with pytest.raises(RefusedError, match=why) as refusal:
        getattr(engine.api, change)(ctx, engine.group, **options)
    assert (refusal.value.on, refusal.value.hint) == (engine.group, "swapctl status")


def leads(ctx: Context, engine: Engine, member: str) -> None:
    assert wait_until(lambda: engine.primary(ctx, engine.group) == member, 10)
    assert wait_until(lambda: engine.writable(ctx) == [member], 10)
