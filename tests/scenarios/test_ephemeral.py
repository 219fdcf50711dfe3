"""`swapctl run` and the time to live: a cluster that ends with what it was for."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.sandbox import process, state
from infra.sandbox.down import down
from infra.sandbox.home import paths
from infra.sandbox.ttl import arm

SWAPCTL = str(Path(sys.executable).with_name("swapctl"))
CHECK = (
    "import os,sys,pymongo,psycopg;"
    "pymongo.MongoClient(os.environ['MONGO_URI']).admin.command('ping');"
    "psycopg.connect(os.environ['PG_URI'], prepare_threshold=None).execute('SELECT 1');"
    "print(os.environ['SWAPCTL_CONTEXT']); sys.exit(7)"
)


@pytest.mark.cluster
def test_run_gives_the_uris_returns_the_commands_code_and_leaves_nothing() -> None:
    done = subprocess.run(
        [SWAPCTL, "run", "--topology", "minimal", "--", sys.executable, "-c", CHECK],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 7, done.stderr
    name = done.stdout.strip()
    assert name.startswith("run-")
    assert not paths(name).root.exists()
    assert process.marked(paths(name).root) == ()


@pytest.mark.cluster
@pytest.mark.parametrize(
    ("number", "tell"),
    [(signal.SIGINT, os.killpg), pytest.param(signal.SIGTERM, os.kill, marks=pytest.mark.full)],
)
def test_run_that_is_interrupted_leaves_nothing(
    number: signal.Signals, tell: Callable[[int, int], None]
) -> None:
    """Ctrl-C reaches the command as well, as from a terminal; SIGTERM reaches `swapctl` alone."""
    script = "import os,time; print(os.environ['SWAPCTL_CONTEXT'], flush=True); time.sleep(120)"
    child = subprocess.Popen(
        [SWAPCTL, "run", "--topology", "minimal", "--", sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert child.stdout is not None
    name = child.stdout.readline().strip()
    assert paths(name).root.exists()
    tell(child.pid, number)
    child.wait(timeout=60)
    child.stdout.close()
    assert not paths(name).root.exists()
    assert process.marked(paths(name).root) == ()


@pytest.mark.cluster
def test_the_sandbox_of_a_killed_run_is_forgotten_by_the_next_command() -> None:
    run = subprocess.Popen(
        [SWAPCTL, "run", "--topology", "minimal", "--", "sh", "-c", "echo $SWAPCTL_CONTEXT; exec sleep 60"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert run.stdout is not None
    name = run.stdout.readline().strip()
    run.kill()
    run.wait()
    run.stdout.close()
    assert process.marked(paths(name).root), "kill -9 leaves the cluster running"
    done = subprocess.run(
        [SWAPCTL, "up", "--topology", "minimal", "--name", f"{name}-next"],
        env={**os.environ, "SWAPCTL_MONGOD": "/no/mongod"},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 6, "it is to start nothing itself"
    assert f"forgot {name}" in done.stderr
    assert process.marked(paths(name).root) == ()
    assert not paths(name).root.exists()


def test_the_time_to_live_ends_and_forgets() -> None:
    name = f"ttl-{secrets.token_hex(3)}"
    where = paths(name)
    (where.root / "processes").mkdir(parents=True)
    state.write(where, state.SandboxState(name, "minimal", {}, state.now(), "running"))
    try:
        current = state.read(where)
        assert current is not None and arm(where, current, 0.2).ttl_until
        end = time.monotonic() + 30
        while where.root.exists() or process.marked(where.root):
            assert time.monotonic() < end, "the sandbox, or its reaper, outlived its time"
            time.sleep(0.05)
    finally:
        down(name, purge=True)
