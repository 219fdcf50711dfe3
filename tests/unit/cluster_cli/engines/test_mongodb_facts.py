"""Parsing of `replSetGetStatus`, on recorded answers of a real 6.0.5 set."""

from datetime import timedelta

import pytest
from bson import Timestamp

from cluster_cli.engines.model import Health
from cluster_cli.engines.mongodb.facts import (
    health_of,
    is_router,
    lag_seconds,
    parse_optime,
    parse_status,
    role_of,
)
from tests.unit.cluster_cli.engines.documents import recorded, view


def test_a_primary_sees_itself_and_its_peers():
    seen = view("primary")
    assert (seen.group, seen.state, seen.term) == ("members-1", "PRIMARY", 1)
    assert seen.me.host == "127.0.0.1:25000"
    assert [peer.state for peer in seen.peers] == ["PRIMARY", "SECONDARY", "SECONDARY"]


def test_a_secondary_names_its_source():
    seen = view("secondary")
    assert seen.state == "SECONDARY"
    assert seen.syncing_from == "127.0.0.1:25002"


def test_a_dead_peer_is_unreachable_and_has_no_position():
    dead = view("primary-one-down").peers[2]
    assert not dead.reachable
    assert dead.optime is None


def test_lag_of_a_member_in_step_is_zero():
    assert lag_seconds(view("primary"), "127.0.0.1:25001") == 0.0


def test_lag_is_the_distance_between_the_last_applied_entries():
    document = recorded("primary")
    behind = document["members"][1]
    behind["optime"]["ts"] = Timestamp(behind["optime"]["ts"].time - 8, 1)
    behind["lastAppliedWallTime"] -= timedelta(seconds=7.5)
    assert lag_seconds(parse_status(document), "127.0.0.1:25001") == 7.5


@pytest.mark.parametrize("host", ["127.0.0.1:25002", "somewhere:1"])
def test_lag_is_unknown_for_a_dead_or_foreign_host(host):
    assert lag_seconds(view("primary-one-down"), host) is None


def test_optimes_compare_by_term_first():
    old = parse_optime({"ts": Timestamp(200, 1), "t": 1})
    new = parse_optime({"ts": Timestamp(100, 1), "t": 2})
    assert old is not None and new is not None and old < new


@pytest.mark.parametrize("raw", [None, {}, {"ts": Timestamp(0, 0), "t": -1}, 5])
def test_a_null_optime_is_none(raw):
    assert parse_optime(raw) is None


@pytest.mark.parametrize(
    ("state", "role", "health"),
    [
        ("PRIMARY", "primary", Health.OK),
        ("SECONDARY", "secondary", Health.OK),
        ("ARBITER", "arbiter", Health.OK),
        ("STARTUP2", "unknown", Health.RECOVERING),
        ("ROLLBACK", "unknown", Health.RECOVERING),
        ("REMOVED", "unknown", Health.FAILED),
    ],
)
def test_states_have_roles_and_health(state, role, health):
    assert role_of(state) == role
    assert health_of(state)[0] is health
    assert (health_of(state)[1] is None) == (health is Health.OK)


def test_hello_tells_routers():
    assert is_router({"msg": "isdbgrid"})
    assert not is_router({"setName": "members-1"})
