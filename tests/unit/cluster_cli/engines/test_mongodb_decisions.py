"""Who may become primary, and why not."""

from dataclasses import replace

import pytest

from cluster_cli.engines.model import Health, MemberStatus
from cluster_cli.engines.mongodb.decisions import (
    current_primary,
    failover_refusal,
    freshest_secondary,
    has_followed,
    majority,
    stale_primaries,
    switchover_refusals,
)
from cluster_cli.engines.mongodb.facts import Peer, View


def seen(state, term=1, seconds=100):
    me = Peer("h", state, True, (term, seconds, 1), None)
    return View("members-1", state, term, "", (me,), me)


SET = {"m-a": seen("PRIMARY"), "m-b": seen("SECONDARY", seconds=98), "m-c": seen("SECONDARY", seconds=99)}


def test_the_primary_of_the_highest_term_counts_and_the_other_is_stale():
    split = {"m-a": seen("PRIMARY", 1), "m-b": seen("PRIMARY", 2), "m-c": seen("SECONDARY", 2)}
    assert current_primary(split) == "m-b"
    assert stale_primaries(split) == ("m-a",)
    assert stale_primaries(SET) == ()


def test_nobody_is_primary():
    assert current_primary({"m-b": seen("SECONDARY")}) is None
    assert current_primary({}) is None


def test_the_freshest_secondary_has_the_newest_operation():
    assert freshest_secondary(SET) == "m-c"
    assert freshest_secondary(SET, exclude=["m-c"]) == "m-b"
    assert freshest_secondary({"m-a": seen("PRIMARY")}) is None


def test_an_older_term_is_never_fresher():
    assert freshest_secondary({"old": seen("SECONDARY", 1, 900), "new": seen("SECONDARY", 2, 100)}) == "new"


def test_a_member_with_data_of_an_older_term_has_not_followed():
    leader = seen("PRIMARY", 2)
    assert has_followed(leader, seen("SECONDARY", 2, 1))
    assert not has_followed(leader, seen("SECONDARY", 1, 900))


@pytest.mark.parametrize(("voters", "votes"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3)])
def test_majority(voters, votes):
    assert majority(voters) == votes


def test_failover_needs_a_majority_and_a_secondary():
    assert failover_refusal(SET, 3, "m-c") is None
    assert "2 of 5 voters answer" in str(failover_refusal(dict(list(SET.items())[:2]), 5, "m-b"))
    assert failover_refusal(SET, 3, None) == "no secondary answers"
    assert failover_refusal(SET, 3, "m-x") == "m-x does not answer"
    assert failover_refusal(SET, 3, "m-a") == "m-a is in state PRIMARY"


def row(name, role="secondary", health=Health.OK, lag=0.0, reason=None):
    return MemberStatus(
        name, "social", "mongod-shard", "members-1", role, "a", "h", health, "S", lag, reason=reason
    )


ROWS = (row("m-a", "primary"), row("m-b"), row("m-c"))


def test_a_switchover_of_a_healthy_set_is_safe():
    assert switchover_refusals(ROWS, None) == ()
    assert switchover_refusals(ROWS, "m-b") == ()


@pytest.mark.parametrize(
    ("rows", "target", "reason"),
    [
        ((*ROWS[:2], row("m-c", health=Health.DOWN, reason="refused")), None, "m-c is down (refused)"),
        ((*ROWS[:2], row("m-c", lag=6.0)), None, "m-c is 6.0 s behind, more than 5 s"),
        (ROWS[1:], None, "there is no primary to take over from"),
        (ROWS, "m-x", "m-x is no member of the set: m-a, m-b, m-c"),
        ((*ROWS, row("m-d", "arbiter")), "m-d", "m-d is arbiter, not a secondary"),
        (ROWS[:1], None, "there is no secondary to hand over to"),
    ],
)
def test_each_reason_against_a_switchover_is_named(rows, target, reason):
    assert reason in switchover_refusals(rows, target)


def test_all_reasons_are_named_at_once():
    bad = (row("m-b", lag=9.0), replace(row("m-c"), health=Health.FROZEN))
    assert len(switchover_refusals(bad, "m-x")) == 4
