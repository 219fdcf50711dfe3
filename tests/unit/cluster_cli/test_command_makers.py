"""The commands that are made: each hands its own word on, and loads nothing heavy before it is called."""

import json
import subprocess
import sys
from types import SimpleNamespace
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from app_core.errors import RefusedError
from cluster_cli import member_action, opslog, role_change
from cluster_cli.command_makers import member_command, role_command


@pytest.mark.parametrize("action", ["kill", "pause", "resume", "restart", "start", "stop"])
def test_a_member_command_acts_with_its_own_word(monkeypatch, action):
    calls = []
    monkeypatch.setattr(member_action, "act", lambda *words, **options: calls.append((words, options)))
    result = CliRunner().invoke(member_command(action, "help"), ["pg1", "--context", "c", "--dry-run"])
    assert result.exit_code == 0
    [(words, options)] = calls
    assert words == (action, "pg1", "c")
    assert options["dry_run"] is True and options["yes"] is False


@pytest.mark.parametrize("change", ["failover", "switchover"])
def test_help_of_a_role_command_shows_its_own_example(change):
    result = CliRunner().invoke(role_command(change, "How it moves."), ["--help"])
    assert "How it moves." in result.stdout
    assert f"Example: swapctl {change} payments" in result.stdout


def test_help_of_a_member_command_loads_no_engine_and_no_topology():
    code = (
        "import sys; from cluster_cli.commands import kill; "
        "print([m for m in ('pydantic', 'pymongo', 'psycopg', 'infra.topology') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture
def demo(monkeypatch):
    ctx = SimpleNamespace(name="demo")
    monkeypatch.setattr("infra.context.load_context", lambda _: ctx)
    monkeypatch.setattr(member_action, "load_context", lambda _: ctx)
    monkeypatch.setattr(member_action, "resolve", lambda _, target: target)


def test_a_dry_run_of_an_action_is_data(demo):
    result = CliRunner().invoke(member_command("kill", "help"), ["pg1", "--dry-run", "-o", "json"])
    assert json.loads(result.stdout) == {"action": "kill", "member": "pg1", "context": "demo"}
    result = CliRunner().invoke(member_command("kill", "help"), ["pg1", "--dry-run"])
    assert result.stdout == "would kill pg1 of demo\n"


class Member:
    """A platform with one member."""

    def __init__(self, alive):
        self.alive, self.done = alive, []

    def running(self, member):
        return self.alive

    def pids(self, member):
        return (1,) if self.alive else ()

    def __getattr__(self, action):
        if action not in ("start", "stop", "kill", "pause", "resume"):
            raise AttributeError(action)
        return lambda member: self.done.append(action)


@pytest.fixture
def act_on(tmp_path, monkeypatch):
    """Does an action to a member that runs, or does not; what was done, said and recorded."""

    def act_on(action, alive):
        platform = Member(alive)
        ctx = SimpleNamespace(name="demo", state_dir=tmp_path, platform=platform, platform_name="test")
        monkeypatch.setattr(member_action, "load_context", lambda _: ctx)
        monkeypatch.setattr(member_action, "resolve", lambda _, target: target)
        result = CliRunner().invoke(member_command(action, "help"), ["pg1", "--yes", "-o", "json"])
        return platform.done, result, [(e.what, e.result) for e in opslog.entries(cast(Any, ctx))]

    return act_on


@pytest.mark.parametrize("action", ["kill", "pause", "resume"])
def test_what_is_about_processes_is_refused_where_there_are_none(act_on, action):
    done, result, log = act_on(action, alive=False)
    assert done == [] and isinstance(result.exception, RefusedError)
    assert log == [(action, str(result.exception))] and "does not run" in log[0][1]


@pytest.mark.parametrize(("action", "alive"), [("start", True), ("stop", False)])
def test_what_is_so_already_is_said_and_recorded_as_such(act_on, action, alive):
    done, result, log = act_on(action, alive)
    assert (done, log) == ([], [(action, "nothing to do")])
    assert "nothing to do: pg1" in result.stderr
    assert json.loads(result.stdout)["changed"] is False


@pytest.mark.parametrize(
    ("action", "alive"),
    [("start", False), *((word, True) for word in ("stop", "kill", "pause", "resume"))],
)
def test_everything_else_is_done_and_recorded(act_on, action, alive):
    done, result, log = act_on(action, alive)
    assert (done, log) == ([action], [(action, "ok")])
    assert json.loads(result.stdout)["changed"] is True


def test_a_dry_run_of_a_role_change_is_data(demo, monkeypatch):
    monkeypatch.setattr(role_change, "group_of", lambda *_: "payments")
    monkeypatch.setattr(role_change, "change_role", lambda *_, progress, **__: progress("first"))
    result = CliRunner().invoke(role_command("failover", "help"), ["payments", "--dry-run", "-o", "json"])
    assert json.loads(result.stdout) == {"change": "failover", "group": "payments", "steps": ["first"]}
