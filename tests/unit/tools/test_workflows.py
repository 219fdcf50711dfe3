"""The workflow that starts a cluster removes it on every path, and fails when it could not."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

WORKFLOW = Path(__file__).parents[3] / ".github" / "workflows" / "ephemeral.yml"
UP, REMOVAL = "swapctl up", "swapctl down --purge"


def steps() -> list[dict[str, Any]]:
    return yaml.safe_load(WORKFLOW.read_text())["jobs"]["cluster"]["steps"]


def removal() -> dict[str, Any]:
    (found,) = [step for step in steps() if REMOVAL in step.get("run", "")]
    return found


def test_the_removal_comes_last_whatever_became_of_the_start() -> None:
    assert [step for step in steps() if UP in step.get("run", "")]
    assert steps()[-1] == removal()
    assert removal()["if"] == "always()"


@pytest.mark.parametrize(("code", "wanted"), [(0, 0), (2, 0), (1, 1), (6, 1)])
def test_an_unknown_name_is_no_failure_and_every_other_error_is_one(
    tmp_path: Path, code: int, wanted: int
) -> None:
    program = tmp_path / ".venv" / "bin" / "swapctl"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\nexit {code}\n")
    program.chmod(0o755)
    assert run(removal()["run"], tmp_path) == wanted


def test_a_setup_that_failed_leaves_nothing_to_remove(tmp_path: Path) -> None:
    assert run(removal()["run"], tmp_path) == 0


def run(script: str, directory: Path) -> int:
    """As a runner runs a step."""
    done = subprocess.run(["sh", "-e", "-c", script], cwd=directory, env={"NAME": "pr-1"}, check=False)
    return done.returncode
