"""What the payments engine makes of recorded answers."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from cluster_cli.engines.model import Health
from cluster_cli.engines.postgresql import etcd, haproxy, patroni, status
from cluster_cli.engines.postgresql.leader import SyncKey, parse_sync_key
from cluster_cli.engines.postgresql.objectstore import Keys, signed_headers
from cluster_cli.engines.postgresql.patroni import PatroniView, Stream, Unreachable
from infra.endpoint import Endpoint

RECORDED = Path(__file__).parent / "recorded"


def recorded(name):
    return json.loads((RECORDED / f"{name}.json").read_text())


PRIMARY = patroni.parse_view("pg1", recorded("patroni-primary"))
SYNC = patroni.parse_view("pgsync1", recorded("patroni-sync"))
DR = patroni.parse_view("pgdr1", recorded("patroni-standby-leader"))
GONE = Unreachable("pgsync1", Health.DOWN, "refuses")


def endpoint(member, kind="postgres", group="payments"):
    return Endpoint(member, kind, group, "host", "b", "eu", "127.0.0.1", {})


def test_a_primary_names_its_standbys():
    assert PRIMARY.writable and PRIMARY.timeline == 4 and PRIMARY.lsn == 201326592
    assert Stream("pgsync1", "streaming", "sync") in PRIMARY.streams
    assert Stream("pgdr1", "streaming", "async") in PRIMARY.streams


def test_a_leader_that_still_promotes_is_not_writable():
    assert not replace(PRIMARY, state="starting").writable
    assert not replace(PRIMARY, role="replica").writable
    assert not DR.writable


def test_the_old_word_for_primary_is_understood():
    assert patroni.parse_view("pg1", {"role": "master", "state": "running"}).role == "primary"


def test_the_leader_is_who_says_so_on_the_highest_timeline():
    stale = replace(PRIMARY, member="pg0", timeline=3)
    assert patroni.leader_of({"pg0": stale, "pg1": PRIMARY, "pgsync1": SYNC}) == "pg1"
    assert patroni.leader_of({"pgsync1": SYNC}) is None
    assert patroni.leader_of({"pg1": replace(PRIMARY, state="stopped"), "pgsync1": GONE}) is None


def test_a_synchronous_standby_is_ok_and_not_behind():
    found = status.member_status(endpoint("pgsync1"), SYNC, PRIMARY)
    assert (found.role, found.health, found.sync_state) == ("sync", Health.OK, "sync")
    assert (found.lag_bytes, found.lag_seconds, found.timeline) == (0, 0.0, 4)


def test_the_standby_leader_streams_asynchronously():
    found = status.member_status(endpoint("pgdr1", group="payments-dr"), DR, PRIMARY)
    assert (found.role, found.health, found.sync_state) == ("standby-leader", Health.OK, "async")


@pytest.mark.parametrize(
    ("view", "streams", "health"),
    [
        (replace(SYNC, state="starting"), True, Health.RECOVERING),
        (replace(SYNC, state="crashed"), True, Health.FAILED),
        (replace(SYNC, replication_state=None), False, Health.RECOVERING),
        (replace(SYNC, replication_state=None), True, Health.OK),
        (replace(PRIMARY, state="stopped"), False, Health.FAILED),
    ],
)
def test_health_follows_from_state_and_replication(view, streams, health):
    assert status.judge(view, streams)[0] is health


def test_a_member_far_behind_lags():
    behind = replace(SYNC, replayed=PRIMARY.lsn - status.LAG_LIMIT_BYTES - 1)
    found = status.member_status(endpoint("pgsync1"), behind, PRIMARY)
    assert found.health is Health.LAGGING and found.lag_bytes == status.LAG_LIMIT_BYTES + 1


def test_lag_in_seconds_is_the_age_of_the_last_applied_commit():
    now = datetime(2026, 11, 23, 22, 35, 39, tzinfo=UTC)
    assert status.lag_seconds(replace(SYNC, replayed_at="2026-11-23 22:35:29+00:00"), 8, now) == 10.0
    assert status.lag_seconds(SYNC, 0, now) == 0.0
    assert status.lag_seconds(SYNC, None, now) is None


AGO = "2026-11-23 20:35:39+00:00"
NOW = datetime(2026, 11, 23, 22, 35, 39, tzinfo=UTC)


@pytest.mark.parametrize(
    ("behind", "replayed_at", "arrived", "seconds", "doubtful"),
    [
        (0, AGO, False, 0.0, False),
        (88, AGO, False, 7200.0, True),
        (88, AGO, True, status.SECOND_LOOK_S, True),
        (88, "2026-11-23 22:35:38.9+00:00", False, 0.1, False),
        (88, None, False, None, False),
    ],
)
def test_one_record_behind_after_a_long_silence_is_not_hours_late(
    behind, replayed_at, arrived, seconds, doubtful
):
    view = replace(SYNC, replayed=PRIMARY.lsn - behind, replayed_at=replayed_at)
    assert status.lag_seconds(view, status.lag_bytes(view, PRIMARY), NOW, arrived) == seconds
    assert status.is_doubtful(view, PRIMARY, NOW) is doubtful
    assert status.has_reached(view, PRIMARY) is (behind == 0)


def test_who_does_not_answer_is_neither_doubtful_nor_has_it_reached_anything():
    assert not status.is_doubtful(GONE, PRIMARY, NOW) and not status.has_reached(GONE, PRIMARY)


@pytest.mark.parametrize(("later", "arrived"), [(0, {"pgsync1"}), (88, set())])
def test_the_second_look_asks_only_those_who_look_late(monkeypatch, later, arrived):
    asked = []

    def read_view(_, name):
        asked.append(name)
        return replace(SYNC, replayed=PRIMARY.lsn - later)

    monkeypatch.setattr(status, "_leader", lambda *_: PRIMARY)
    monkeypatch.setattr(status.patroni, "read_view", read_view)
    views = {"pg1": PRIMARY, "pgsync1": replace(SYNC, replayed=PRIMARY.lsn - 88, replayed_at=AGO), "x": GONE}
    assert status._arrived(cast(Any, None), views) == arrived and asked == ["pgsync1"]


def test_an_unreachable_member_says_why():
    found = status.member_status(endpoint("pgsync1"), GONE, PRIMARY)
    assert (found.health, found.role, found.reason) == (Health.DOWN, "unknown", "refuses")


def test_etcd_leader_and_a_member_without_quorum():
    view = etcd.parse_view("etcd-a", recorded("etcd-leader"))
    assert view.leads and view.has_leader and view.term == 2 and view.reachable is Health.OK
    lost = etcd.parse_view("etcd-a", {**recorded("etcd-leader"), "leader": "0"})
    assert not lost.leads and lost.reachable is Health.FAILED and "quorum" in str(lost.reason)


def test_haproxy_sends_writes_to_one_server():
    servers = haproxy.parse_stat((RECORDED / "haproxy-stat.csv").read_text())
    assert haproxy.writable(servers) == ("pg1",)
    assert {s.name for s in servers if s.listener == "rw"} == {"pg1", "pgsync1"}


@pytest.mark.parametrize(
    ("word", "up"), [("UP", True), ("UP 1/2", True), ("DOWN", False), ("DOWN 1/2", False), ("MAINT", False)]
)
def test_a_server_is_up_by_its_first_word(word, up):
    assert haproxy.Server("rw", "pg1", word, 0).up is up


@pytest.mark.parametrize(
    ("writable", "paused", "health"),
    [
        (("pg1",), False, Health.OK),
        ((), False, Health.FAILED),
        (("pg1", "pg2"), False, Health.FAILED),
        (("pg1",), True, Health.FAILED),
    ],
)
def test_a_proxy_needs_one_primary_and_running_pools(writable, paused, health):
    assert status.proxy_status(endpoint("proxy-a", "proxy"), writable, paused).health is health


def test_the_sync_key():
    assert parse_sync_key('{"leader":"pg1","sync_standby":"pg2,pg3","quorum":1}') == SyncKey(
        "pg1", ("pg2", "pg3"), 1
    )
    assert parse_sync_key('{"leader":"pg1","sync_standby":null}') == SyncKey("pg1", ())
    assert parse_sync_key("") == SyncKey(None, ())


def test_a_view_from_nothing_is_neither_writable_nor_leading():
    view = patroni.parse_view("pg1", {})
    assert isinstance(view, PatroniView) and not view.writable
    assert patroni.leader_of({"pg1": view}) is None


def test_requests_are_signed_as_s3_wants_it():
    at = datetime(2013, 5, 24, tzinfo=UTC)
    keys = Keys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    headers = signed_headers(keys, "GET", "localhost:8333", "/", at)
    other = signed_headers(keys, "PUT", "localhost:8333", "/", at)
    assert headers["x-amz-date"] == "20130524T000000Z"
    assert "Credential=AKIDEXAMPLE/20130524/us-east-1/s3/aws4_request" in headers["Authorization"]
    assert headers["Authorization"] != other["Authorization"]
