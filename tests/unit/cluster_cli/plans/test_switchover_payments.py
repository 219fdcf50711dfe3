"""May payments switch over? One reason each, in the words that the user reads."""

from dataclasses import replace

import pytest

from cluster_cli.plans.switchover_payments import Candidate, Facts, candidate, refusals, steps

HEALTHY = Facts(
    leader="pg1",
    sync=("pgsync1",),
    candidates=(Candidate("pgsync1", True, 0),),
    proxies={"proxy-a": None, "proxy-b": None},
    etcd_leader="etcd-a",
)


def test_a_healthy_cluster_may_switch_over():
    assert refusals(HEALTHY) == ()
    chosen = candidate(HEALTHY)
    assert chosen is not None and chosen.name == "pgsync1"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"leader": None}, "no member takes writes"),
        ({"sync": ()}, "there is no synchronous standby"),
        ({"candidates": ()}, "there is no synchronous standby"),
        ({"candidates": (Candidate("pgsync1", False, 0),)}, "does not stream"),
        ({"candidates": (Candidate("pgsync1", True, 2_000_000),)}, "2000000 bytes behind"),
        ({"candidates": (Candidate("pgsync1", True, None),)}, "unknown number of bytes behind"),
        ({"etcd_leader": None}, "etcd has no quorum"),
        ({"failsafe": True}, "etcd has no quorum"),
        ({"maintenance": True}, "maintenance mode"),
        ({"longest_transaction_s": 1.1}, "a transaction is open for 1.1 s"),
        ({"proxies": {"proxy-a": None, "proxy-b": "pgbouncer is paused"}}, "proxy-b: pgbouncer is paused"),
        ({"proxies": {}}, "no proxy"),
    ],
)
def test_each_reason_refuses(change, reason):
    found = refusals(replace(HEALTHY, **change))
    assert len(found) == 1 and reason in found[0]


def test_all_reasons_are_given_at_once():
    assert len(refusals(replace(HEALTHY, sync=(), etcd_leader=None, longest_transaction_s=5.0))) == 3


def test_only_a_synchronous_standby_may_be_named():
    assert refusals(HEALTHY, "pgsync1") == ()
    assert refusals(HEALTHY, "pgdr1") == ("pgdr1 is not a synchronous standby (synchronous: pgsync1)",)


def test_the_standby_with_the_least_lag_is_chosen():
    two = (Candidate("pgsync1", True, 9), Candidate("pgsync2", True, 3), Candidate("pg9", True, 0))
    chosen = candidate(replace(HEALTHY, sync=("pgsync1", "pgsync2"), candidates=two))
    assert chosen is not None and chosen.name == "pgsync2"


def test_the_helper_is_there_before_the_pause_and_resume_is_last():
    for fast in (True, False):
        order = steps("pg1", "pgsync1", ("proxy-a", "proxy-b"), fast=fast)
        helper, pause = (next(i for i, s in enumerate(order) if word in s) for word in ("helper", "PAUSE"))
        assert helper < pause and order[-1].startswith("RESUME")
