"""The job of `.github/workflows/ephemeral.yml`, its `run` steps in their order as a runner does them."""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.sandbox import process
from infra.sandbox.home import paths

pytestmark = [pytest.mark.cluster, pytest.mark.full]
ROOT = Path(__file__).parents[2]
JOB = yaml.safe_load((ROOT / ".github/workflows/ephemeral.yml").read_text())["jobs"]["cluster"]
MACHINE = "What a checkout needs"  # installs with apt what this checkout already has
SMOKE = "Smoke test"


class Runner:
    """As much of GitHub's runner as the job needs: environment, conditions, outcomes."""

    def __init__(self, pull_request: str, tmp_path: Path) -> None:
        self.file = tmp_path / "github.env"
        self.file.touch()
        number = {"${{ github.event.pull_request.number }}": pull_request}
        self.environment = {name: _expanded(value, number) for name, value in JOB["env"].items()}
        self.outcomes: dict[str, str] = {}
        self.said: dict[str, str] = {}

    def run(self, step: dict[str, Any]) -> None:
        name = step.get("name") or step.get("id") or step["run"]
        if not self._due(step.get("if", "success()")):
            self.outcomes[name] = "skipped"
            return
        done = subprocess.run(
            ["bash", "-e", "-c", step["run"]],
            cwd=ROOT,
            env={**os.environ, **self.environment, **_exported(self.file), "GITHUB_ENV": str(self.file)},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        self.outcomes[name] = "failure" if done.returncode else "success"
        self.said[name] = done.stdout + done.stderr

    def _due(self, condition: str) -> bool:
        failed = "failure" in self.outcomes.values()
        known = {
            "success()": not failed,
            "always()": True,
            "failure() && steps.up.outcome == 'success'": failed and self.outcomes["up"] == "success",
        }
        return known[condition]


def _expanded(value: str, known: dict[str, str]) -> str:
    for expression, plain in known.items():
        value = value.replace(expression, plain)
    assert "${{" not in value
    return value


def _exported(file: Path) -> dict[str, str]:
    """What the steps before wrote to $GITHUB_ENV, a line each (none of these values has several)."""
    return dict(line.split("=", 1) for line in file.read_text().splitlines())


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    made = Runner(f"t{secrets.token_hex(3)}", tmp_path)
    yield made
    down = [".venv/bin/swapctl", "down", "--purge", "--yes", "--name", made.environment["NAME"]]
    subprocess.run(down, cwd=ROOT, capture_output=True, check=False)


def steps() -> list[dict[str, Any]]:
    return [step for step in JOB["steps"] if "run" in step and step.get("name") != MACHINE]


def assert_removed(runner: Runner) -> None:
    root = paths(runner.environment["NAME"]).root
    assert not root.exists() and process.marked(root) == ()


def test_every_step_passes_and_the_cluster_ends_with_the_job(runner: Runner) -> None:
    for step in steps():
        runner.run(step)
    assert runner.outcomes.pop("What the members said") == "skipped"
    assert runner.outcomes and set(runner.outcomes.values()) == {"success"}, runner.said
    assert "HEALTHY" in runner.said[SMOKE].upper() and "pg1" in runner.said[SMOKE]
    assert_removed(runner)


def test_a_smoke_test_that_fails_shows_the_logs_and_the_cluster_ends_too(runner: Runner) -> None:
    for step in steps():
        runner.run({**step, "run": "false"} if step.get("name") == SMOKE else step)
    assert runner.outcomes[SMOKE] == "failure"
    assert runner.outcomes["What the members said"] == "success"
    assert "pg1" in runner.said["What the members said"]
    assert runner.outcomes["Remove the cluster"] == "success"
    assert_removed(runner)


def test_a_job_that_was_cancelled_before_its_cluster_is_green_about_the_removal(runner: Runner) -> None:
    runner.run(steps()[-1])
    assert runner.outcomes == {"Remove the cluster": "success"}, runner.said
