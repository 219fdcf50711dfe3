"""Durability, who may take over, and when the helper must act: tables of facts and decisions."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cluster_cli.engines.model import Health
from cluster_cli.engines.postgresql.durability import SyncFacts, durability, in_force_since
from cluster_cli.engines.postgresql.failover import choose
from cluster_cli.engines.postgresql.patroni import PatroniView, Unreachable
from cluster_cli.engines.postgresql.resume_guard import must_act
from cluster_cli.logs.lines import parse
from infra.topology import load_topology

SANDBOX = load_topology("sandbox")
SINCE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
STANDBY = PatroniView("pgsync1", "replica", "running", lsn=100)
LEADER = PatroniView("pg1", "primary", "running", lsn=200)


@pytest.mark.parametrize(
    ("names", "standbys", "line"),
    [
        ("pgsync1", ("pgsync1",), "sync (pgsync1, zone b)"),
        ("", (), "DEGRADED since 2026-01-02T03:04:05.000Z"),
        ("*", ("pgdr1",), "DEGRADED since 2026-01-02T03:04:05.000Z"),  # the DR may not be promoted
        ("pgsync10", (), "DEGRADED since 2026-01-02T03:04:05.000Z"),  # not a member
    ],
)
def test_durability_counts_members_of_the_primary_region_only(names, standbys, line):
    assert durability(SANDBOX, SyncFacts(names, standbys, SINCE)).line() == line


def test_a_commit_that_waits_for_a_lost_standby_is_not_degraded():
    assert durability(SANDBOX, SyncFacts("pgsync1", (), SINCE)).mode == "sync"
    assert durability(SANDBOX, SyncFacts('ANY 1 ("pgsync1",pg1)', (), SINCE)).mode == "sync"


CHANGED = 'LOG:  parameter "synchronous_standby_names"'
FALLEN_BACK = f'2026-01-02 03:04:05.000 UTC [12] {CHANGED} changed to ""'
RESET = f"2026-01-02 03:04:05.000 UTC [12] {CHANGED} removed from configuration file, reset to default"
PROMOTED = "2026-01-02 03:04:05.000 UTC [40] LOG:  selected new timeline ID: 3"
EARLIER = f'2026-01-02 02:00:00.000 UTC [12] {CHANGED} changed to "pgsync1"'
RELOADED = (
    "2026-01-02 05:00:00.000 UTC [12] LOG:  received SIGHUP, reloading configuration files",
    '2026-01-02 05:00:00.001 UTC [12] LOG:  parameter "work_mem" changed to "8MB"',
)
QUOTED = f"2026-01-02 06:00:00.000 UTC [99] app@payments STATEMENT:  SELECT '{CHANGED} changed to x'"


@pytest.mark.parametrize(
    ("log", "since"),
    [
        ((EARLIER, FALLEN_BACK), SINCE),
        ((EARLIER, RESET), SINCE),
        ((EARLIER, FALLEN_BACK, *RELOADED), SINCE),  # a later reload that changes something else
        ((EARLIER, PROMOTED), SINCE),  # a new leader without a standby
        ((EARLIER, FALLEN_BACK, QUOTED), SINCE),
        (RELOADED, None),
        ((), None),
    ],
)
def test_since_when_the_names_are_in_force(log, since):
    assert in_force_since(parse("pg1", log)) == since


def test_an_unknown_begin_is_said():
    assert durability(SANDBOX, SyncFacts("", ())).line() == "DEGRADED, since when is not known"


def test_without_a_leader_nothing_is_promised():
    assert durability(SANDBOX, None).mode == "degraded"


def test_no_standby_configured_promises_nothing():
    assert durability(load_topology("minimal"), SyncFacts("", (), SINCE)).mode == "none"


def test_failover_takes_the_freshest_synchronous_standby():
    fresh = replace(STANDBY, member="pgsync2", lsn=150)
    views = {"pg1": LEADER, "pgsync1": STANDBY, "pgsync2": fresh}
    assert choose(views, ("pgsync1", "pgsync2"), "pg1") == ("pgsync2", None)
    assert choose(views, ("pgsync1",), "pg1") == ("pgsync1", None)


def test_failover_takes_the_named_standby_if_it_is_synchronous():
    views = {"pg1": LEADER, "pgsync1": STANDBY, "pgsync2": replace(STANDBY, member="pgsync2", lsn=150)}
    assert choose(views, ("pgsync1", "pgsync2"), "pg1", "pgsync1") == ("pgsync1", None)
    refused = (None, "pgsync2 is not a synchronous standby (synchronous: pgsync1)")
    assert choose(views, ("pgsync1",), "pg1", "pgsync2") == refused


@pytest.mark.parametrize(
    ("views", "sync", "why"),
    [
        ({"pg1": LEADER, "pgsync1": STANDBY}, (), "no standby is synchronous"),
        ({"pg1": LEADER, "pgsync1": Unreachable("pgsync1", Health.DOWN, "")}, ("pgsync1",), "does not run"),
        ({"pgsync1": replace(STANDBY, state="starting")}, ("pgsync1",), "does not run"),
        ({"pg1": LEADER}, ("pg1",), "only the leader itself"),
    ],
)
def test_failover_never_takes_a_member_that_may_lack_commits(views, sync, why):
    new, reason = choose(views, sync, "pg1")
    assert new is None and why in str(reason)


@pytest.mark.parametrize(
    ("lives", "elapsed", "act"),
    [(True, 0.0, False), (True, 9.9, False), (True, 10.0, True), (False, 0.0, True)],
)
def test_the_helper_acts_when_the_switchover_is_gone_or_late(lives, elapsed, act):
    assert must_act(lives, elapsed, 10.0) is act
