"""A sandbox that was made for one process is forgotten when that process was killed, and not before."""

import os
import signal
import subprocess
import sys

import pytest

from app_core.errors import SwapskillError
from infra.sandbox import orphans, ttl
from infra.sandbox.home import paths

OWNER = """
import sys, time
from infra.sandbox.orphans import own
own(sys.argv[1])
print("owned", flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("SWAPCTL_HOME", str(tmp_path))


@pytest.fixture
def killed():
    """The name of a sandbox whose owner was killed -9."""
    owner = subprocess.Popen([sys.executable, "-c", OWNER, "run-dead"], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None and owner.stdout.readline() == "owned\n"
    assert orphans.orphans() == []
    os.kill(owner.pid, signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    return "run-dead"


def test_the_sandbox_of_a_killed_process_is_forgotten(killed):
    told = []
    assert orphans.orphans() == [killed]
    orphans.sweep(told.append)
    assert not paths(killed).root.exists()
    assert told and killed in told[0]


def test_one_s_own_and_nobody_s_sandboxes_stay():
    orphans.own("run-mine")
    paths("kept").root.mkdir(parents=True)
    orphans.sweep(lambda _: None)
    assert paths("run-mine").root.exists() and paths("kept").root.exists()


def test_an_orphan_that_another_command_works_on_is_left_to_it(killed):
    code = (
        "import sys, time, pathlib; from infra.locks import locked\n"
        "with locked(pathlib.Path(sys.argv[1]), 'down'): print('held', flush=True); time.sleep(60)"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(paths(killed).lock)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        orphans.sweep(lambda _: None)
        assert paths(killed).root.exists()
    finally:
        other.kill()
        other.communicate()


@pytest.mark.parametrize("error", [SwapskillError("cannot be removed"), PermissionError(13, "not permitted")])
def test_an_orphan_that_cannot_be_forgotten_is_told_and_the_next_one_is_forgotten(monkeypatch, error):
    forgotten, told = [], []

    def down(name, purge):
        if name == "run-bad":
            raise error
        forgotten.append(name)

    monkeypatch.setattr(orphans, "orphans", lambda: ["run-bad", "run-good"])
    monkeypatch.setattr(orphans, "down", down)
    orphans.sweep(told.append)
    assert forgotten == ["run-good"]
    assert "run-bad" in told[0] and "swapctl down --purge --name run-bad" in told[0]
    assert "forgot run-good" in told[1]


def test_at_the_end_of_its_time_a_sandbox_stays_while_its_owner_lives(monkeypatch):
    orphans.own("run-mine")
    looks, ended = [], []

    def sleep(seconds):
        looks.append((seconds, list(ended)))
        if len(looks) == 3:  # the owner is killed
            monkeypatch.setattr(orphans.process.ProcessId, "alive", False)

    monkeypatch.setattr(ttl.time, "sleep", sleep)
    monkeypatch.setattr(ttl, "_ended", lambda name: ended.append(name) or True)
    ttl.main("run-mine", 5.0)
    assert looks == [(5.0, []), (ttl._OWNER_POLL_S, []), (ttl._OWNER_POLL_S, [])]
    assert ended == ["run-mine"]
