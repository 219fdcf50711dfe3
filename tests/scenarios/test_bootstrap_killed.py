"""kill -9 of the bootstrap at each step: the next one goes on and ends where an undisturbed one does."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster_cli.bootstrap import bootstrap
from cluster_cli.status import read_cluster
from cluster_cli.waiting import wait_until
from infra.context import load_context

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]
SWAPCTL = str(Path(sys.executable).with_name("swapctl"))
ENOUGH = 200


@pytest.fixture
def name() -> Iterator[str]:
    chosen = f"kill-{secrets.token_hex(3)}"
    yield chosen
    subprocess.run([SWAPCTL, "down", "--purge", "--yes", "--name", chosen], capture_output=True, check=False)


COLLECTION = "collection "
"""Steps that test_schema_killed.py kills, at each of their commands."""


def killed_after(arguments: list[str], lines: int, word: str = "") -> int | None:
    """Run swapctl and kill it when it has said so many lines with the word; None when it was killed."""
    child = subprocess.Popen(
        [SWAPCTL, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert child.stderr is not None
    said = 0
    for line in child.stderr:
        said += word in line and COLLECTION not in line
        if said == lines:
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
            child.stderr.close()
            return None
    child.stderr.close()
    return child.wait()


@pytest.mark.parametrize("each", [pytest.param(1, marks=pytest.mark.full), 4])
def test_each_step_can_be_killed(name: str, each: int) -> None:
    """`make test` kills at every fourth step."""
    up = ["up", "--topology", "minimal", "--name", name]
    assert killed_after(up, 1, word="processes started") is None
    for step in range(1, ENOUGH, each):
        code = killed_after(["cluster", "bootstrap", "--context", name], step)
        if code is not None:
            break
    else:
        pytest.fail("the bootstrap never came to its end")
    assert code == 0
    assert step > 10, "it ended before it was killed as often as a bootstrap has steps"
    ctx = load_context(name)
    assert not bootstrap(ctx).changed
    assert wait_until(lambda: read_cluster(ctx).healthy, 30)
