"""Lag against a limit; connection strings that quote what must be quoted."""

from __future__ import annotations

import json
import shlex
from urllib.parse import unquote

from typer.testing import CliRunner

from cluster_cli.commands import env
from cluster_cli.engines.model import Health, MemberStatus
from cluster_cli.environment import masks, rendered
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


def read_environment_file(text: str) -> dict[str, str]:
    """As a runner reads $GITHUB_ENV: `NAME=value`, or `NAME<<END` up to the line END; else ValueError."""
    found: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, block, end = line.partition("<<")
        if block and "=" not in name:
            found[name] = "\n".join(iter(lambda end=end: next(lines), end))
        else:
            name, value = line.split("=", 1)
            found[name] = value
    return found


def test_github_lines_are_what_a_runner_reads() -> None:
    values = {**VALUES, "PATHS": "/tmp/a\nMONGO_URI=another", "EMPTY": ""}
    assert read_environment_file(rendered(values, "github")) == values


def test_masks_hide_the_uris_and_the_passwords_within_them() -> None:
    values = {
        "MONGO_URI": "mongodb://app:a%2Fb@127.0.0.1:1,127.0.0.1:2/?tls=true",
        "PG_URI": "postgresql://app:plain@127.0.0.1:3/payments",
        "AWS_SECRET_ACCESS_KEY": "key",
        "S3_ENDPOINT": "https://localhost:4",
    }
    hidden = [unquote(line.removeprefix("::add-mask::")) for line in masks(values).splitlines()]
    assert sorted(hidden) == sorted(
        [values["MONGO_URI"], values["PG_URI"], "a%2Fb", "a/b", "plain", values["AWS_SECRET_ACCESS_KEY"]]
    )


def test_github_takes_the_values_from_stdout_and_the_masks_from_stderr(monkeypatch) -> None:
    monkeypatch.setattr("infra.context.load_context", lambda _: None)
    monkeypatch.setattr("cluster_cli.environment.variables", lambda _: VALUES)
    done = CliRunner().invoke(env.app, ["-o", "github"])
    assert read_environment_file(done.stdout) == VALUES
    assert done.stderr == masks(VALUES) != ""
    assert CliRunner().invoke(env.app, []).stderr == ""
