"""The verdict of a cluster's status."""

from dataclasses import replace

import pytest

from cluster_cli.engines.model import (
    ArchiveBacklog,
    ClusterStatus,
    Durability,
    Health,
    MemberStatus,
    groups_without_primary,
)


def member(name, role="secondary", health=Health.OK, **more):
    given = {"kind": "mongod-shard", "group": "members-1", "domain": "social", **more}
    return MemberStatus(member=name, role=role, zone="a", host="h", health=health, state=role, **given)


HEALTHY = (member("m-a", "primary"), member("m-b"), member("m-c"))


def test_a_healthy_cluster_says_so():
    status = ClusterStatus("demo", "sandbox", HEALTHY, Durability("sync", (("pgsync1", "b"),)))
    assert status.healthy
    assert status.verdict == "healthy: 3 members in 1 groups"


@pytest.mark.parametrize("health", [h for h in Health if h is not Health.OK])
def test_any_member_that_is_not_ok_makes_it_unhealthy(health):
    status = ClusterStatus("demo", "sandbox", (*HEALTHY[:2], member("m-c", health=health, reason="so")))
    assert not status.healthy
    assert status.verdict == f"unhealthy: m-c is {health} (so)"


def test_a_set_without_primary_comes_first():
    status = ClusterStatus("demo", "sandbox", (member("m-a", health=Health.DOWN), *HEALTHY[1:]))
    assert status.problems[0] == "members-1 has no primary"


def test_a_dead_primary_does_not_lead():
    assert groups_without_primary([replace(HEALTHY[0], health=Health.DOWN), *HEALTHY[1:]]) == ("members-1",)


def test_routers_need_no_primary():
    assert groups_without_primary([member("router-a", "router", kind="router", group="routers")]) == ()


def test_degraded_durability_is_a_problem_though_every_member_is_ok():
    degraded = Durability("degraded", since="2026-01-01T00:00:00Z")
    status = ClusterStatus("demo", "sandbox", HEALTHY, degraded)
    assert "DEGRADED since 2026-01-01T00:00:00Z" in status.verdict


def test_no_synchronous_standby_by_design_is_no_problem():
    assert ClusterStatus("demo", "minimal", HEALTHY, Durability("none")).healthy


def test_a_late_archive_is_a_problem_and_a_short_queue_is_none():
    waiting = ClusterStatus("c", "t", (), archive=ArchiveBacklog(1, 30.0))
    late = ClusterStatus("c", "t", (), archive=ArchiveBacklog(4, 200.0))
    assert waiting.problems == () and waiting.archive.line() == "1 WAL segment waits, the oldest for 30 s"
    assert late.problems == ("the WAL archive is behind (4 WAL segments wait, the oldest for 200 s)",)


def test_an_empty_queue_says_so():
    assert ArchiveBacklog(0, None, "000000020000000000000003").line() == "0 WAL segments wait"
