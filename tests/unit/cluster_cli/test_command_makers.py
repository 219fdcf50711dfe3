"""The commands that are made: each hands its own word on, and loads nothing heavy before it is called."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from cluster_cli import member_action, role_change
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


def test_a_dry_run_of_a_role_change_is_data(demo, monkeypatch):
    monkeypatch.setattr(role_change, "group_of", lambda *_: "payments")
    monkeypatch.setattr(role_change, "change_role", lambda *_, progress, **__: progress("first"))
    result = CliRunner().invoke(role_command("failover", "help"), ["payments", "--dry-run", "-o", "json"])
    assert json.loads(result.stdout) == {"change": "failover", "group": "payments", "steps": ["first"]}
