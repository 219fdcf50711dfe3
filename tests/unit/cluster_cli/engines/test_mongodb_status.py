"""From the members' answers to the rows of `status`."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from bson import Timestamp
from pymongo.errors import ServerSelectionTimeoutError

from cluster_cli.engines.model import Health
from cluster_cli.engines.mongodb import status
from cluster_cli.engines.mongodb.facts import parse_status
from cluster_cli.engines.mongodb.status import Answer, failed, judge_group, read_status, read_views
from infra.endpoint import Endpoint
from tests.unit.cluster_cli.engines.documents import recorded, view


def endpoint(letter, port):
    name = f"members-1-{letter}"
    ports = {"mongo": port}
    return Endpoint(name, "mongod-shard", "members-1", f"mongo-{letter}", letter, "r", "127.0.0.1", ports)


PLACES = [endpoint("a", 25000), endpoint("b", 25001), endpoint("c", 25002)]


def answered(place, document):
    seen = parse_status(document)
    return Answer(place, seen, Health.OK, seen.state)


def silent(place, health=Health.DOWN):
    return Answer(place, None, health, "unreachable", "Connection refused")


def rows(*answers):
    return [judged.row for judged in judge_group(answers)]


def test_a_hidden_member_has_a_row_and_no_say_in_who_leads():
    hidden = replace(endpoint("dr", 1), kind="mongod-hidden")
    ctx: Any = SimpleNamespace(endpoints={hidden.member: hidden}, of_kind=lambda _: ())
    (row,) = read_status(ctx)
    assert (row.member, row.kind, row.health) == ("members-1-dr", "mongod-hidden", Health.DOWN)
    voters = replace(hidden, kind="mongod-shard")
    asked: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            status, "_ask_member", lambda _, e: asked.append(e.kind) or answered(e, recorded("secondary"))
        )
        ctx.endpoints = {"dr": hidden, "a": voters}
        read_views(ctx, hidden.group)
    assert asked == ["mongod-shard"]


def as_member(name, number, **changes):
    """A recorded secondary's document as told by another member of the set."""
    document = recorded(name)
    for index, member in enumerate(document["members"]):
        member.pop("self", None)
        if index == number:
            member.update({"self": True, **changes})
    return document


def test_a_dead_member_is_down_and_the_others_are_judged_all_the_same():
    found = rows(
        answered(PLACES[0], recorded("primary-one-down")),
        answered(PLACES[1], as_member("secondary", 1)),
        silent(PLACES[2]),
    )
    assert [(r.role, r.health) for r in found] == [
        ("primary", Health.OK),
        ("secondary", Health.OK),
        ("unknown", Health.DOWN),
    ]
    assert [r.lag_seconds for r in found] == [0.0, 0.0, None]
    assert found[2].reason == "Connection refused"


def test_without_a_primary_there_is_no_lag():
    found = rows(silent(PLACES[0]), answered(PLACES[1], as_member("secondary", 1)))
    assert [r.lag_seconds for r in found] == [None, None]


def test_a_thawed_primary_of_an_older_term_is_stale():
    newer = as_member("primary", 1, stateStr="PRIMARY")
    newer["term"] = 2
    found = rows(answered(PLACES[0], recorded("primary")), answered(PLACES[1], newer))
    assert (found[0].role, found[0].health) == ("stale-primary", Health.FAILED)
    assert "term 1" in str(found[0].reason) and "term 2" in str(found[0].reason)
    assert (found[1].role, found[1].health) == ("primary", Health.OK)


def test_a_secondary_that_must_still_roll_back_is_recovering():
    leader = recorded("primary")
    leader["term"] = 2
    leader["members"][0]["optime"] = {"ts": Timestamp(1795471400, 1), "t": 2}
    found = rows(answered(PLACES[0], leader), answered(PLACES[1], as_member("secondary", 1)))
    assert found[1].health is Health.RECOVERING
    assert found[1].reason == "has not followed into term 2 yet"


def test_too_far_behind_is_lagging():
    leader = recorded("primary")
    behind = leader["members"][1]
    behind["optime"]["ts"] = Timestamp(behind["optime"]["ts"].time - 40, 1)
    behind["lastAppliedWallTime"] = behind["lastAppliedWallTime"].replace(year=2025)
    found = rows(answered(PLACES[0], leader), answered(PLACES[1], as_member("secondary", 1)))
    assert found[1].health is Health.LAGGING


def test_recorded_views_agree_on_the_term():
    assert view("primary").term == view("secondary").term


@pytest.mark.parametrize(
    ("words", "health"),
    [
        ("127.0.0.1:1: timed out (configured timeouts: connectTimeoutMS: 1000.0ms)", Health.FROZEN),
        ("No servers found yet, Timeout: 1.0s", Health.FROZEN),
        ("127.0.0.1:1: [Errno 111] Connection refused", Health.DOWN),
    ],
)
def test_a_member_that_is_silent_is_told_from_one_that_refuses(words, health):
    assert failed(PLACES[0], ServerSelectionTimeoutError(words)).health is health
