"""Lag against a limit; connection strings that quote what must be quoted."""

from __future__ import annotations

import json
import shlex

from cluster_cli.engines.model import Health, MemberStatus
from cluster_cli.environment import SECRET, rendered
from cluster_cli.lag import above, of_members


def member(name: str, role: str, seconds: float | None, kind: str = "postgres") -> MemberStatus:
    return MemberStatus(
        name, "payments", kind, "payments", role, "a", "h", Health.OK, "running", lag_seconds=seconds
    )


def test_leaders_and_proxies_have_no_lag_but_the_standby_cluster_has() -> None:
    found = of_members(
        [
            member("pg1", "leader", None),
            member("pgsync1", "sync", 0.0),
            member("pgdr1", "standby-leader", 2.0),
            member("proxy-a", "proxy", None, "proxy"),
        ]
    )
    assert [item.member for item in found] == ["pgsync1", "pgdr1"]


def test_above_the_limit_names_the_member_and_both_figures() -> None:
    found = of_members([member("pgsync1", "sync", 6.0), member("pg3", "replica", 4.0)])
    assert above(found, 5.0) == ["pgsync1: 6.0 s behind, limit 5 s"]
    assert above(found, None) == []


def test_an_unknown_lag_is_above_every_limit() -> None:
    (reason,) = above(of_members([member("pg3", "replica", None)]), 3600.0)
    assert "unknown" in reason


def test_a_hidden_copy_that_lags_is_above_the_limit() -> None:
    (reason,) = above(of_members([member("dr-a", "secondary", 60.0, "mongod-hidden")]), 5.0)
    assert reason == "dr-a: 60.0 s behind, limit 5 s"


VALUES = {"MONGO_URI": "mongodb://a:b@h/?x=1&y=2", "PLAIN": "it's"}


def test_dotenv_can_be_sourced() -> None:
    lines = rendered(VALUES, "dotenv").splitlines()
    assert dict(shlex.split(line)[0].split("=", 1) for line in lines) == VALUES


def test_json_is_one_object() -> None:
    assert json.loads(rendered(VALUES, "json")) == VALUES


def test_github_masks_secrets_before_it_sets_them() -> None:
    lines = rendered(VALUES, "github").splitlines()
    assert lines[0] == "::add-mask::" + VALUES["MONGO_URI"]
    assert lines[1:] == [f"{k}={v}" for k, v in VALUES.items()]
    assert "MONGO_URI" in SECRET
