"""The log of steps, and the users' roles."""

import pytest

from cluster_cli.bootstrap.steps import StepLog
from cluster_cli.bootstrap.users import roles_of
from cluster_cli.engines.mongodb.users import PROBE_DATABASE, cluster_users, prober


def run(*changes):
    told = []
    log = StepLog(told.append)
    for number, change in enumerate(changes):
        with log.step(f"s{number}") as step:
            step.changed = change
    return told, log.result()


def test_a_run_that_changed_nothing_says_so():
    told, result = run(False, None)
    assert told == ["s0: nothing to do", "s1"]
    assert not result.changed
    assert [s.changed for s in result.steps] == [False, False]


def test_one_change_makes_the_run_a_change():
    told, result = run(False, True)
    assert result.changed
    assert told[1] == "s1"


def test_a_step_that_failed_is_not_recorded():
    log = StepLog()
    with pytest.raises(ValueError, match="no"), log.step("broken"):
        raise ValueError("no")
    assert log.result().steps == ()


def test_roles_compare_without_order():
    raw = {"roles": [{"role": "clusterMonitor", "db": "admin"}, {"role": "readWrite", "db": PROBE_DATABASE}]}
    assert roles_of(raw) == prober().roles
    assert roles_of({"roles": raw["roles"][:1]}) != prober().roles


def test_the_application_reaches_its_segments_and_nothing_else():
    app = next(u for u in cluster_users(["members", "exchange"]) if u.name == "app")
    assert app.roles == {("readWrite", "members"), ("readWrite", "exchange")}
