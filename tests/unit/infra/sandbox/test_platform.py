"""What the platform does to a member's processes while they change under its hands."""

import signal
import subprocess
import sys
from types import SimpleNamespace
from typing import Any, cast

import pytest

from app_core.errors import TimedOutError
from infra.sandbox import platform, process
from infra.sandbox.platform import SandboxPlatform


@pytest.fixture
def sleepers():
    made = [subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) for _ in range(2)]
    yield [popen.pid for popen in made]
    for popen in made:
        popen.kill()
        popen.wait()


@pytest.fixture
def member():
    return SandboxPlatform(cast(Any, SimpleNamespace(endpoints={"pg1": None})))


def test_a_child_that_was_born_between_the_look_and_the_signal_is_frozen_too(member, sleepers, monkeypatch):
    looks = iter([sleepers[:1]])
    monkeypatch.setattr(SandboxPlatform, "pids", lambda *_: next(looks, sleepers))
    member.pause("pg1")
    assert all(process.is_frozen(pid) for pid in sleepers)
    process.send(sleepers, signal.SIGCONT)


def test_a_process_that_stays_awake_is_told_in_time(member, monkeypatch):
    monkeypatch.setattr(SandboxPlatform, "pids", lambda *_: [1])
    monkeypatch.setattr(process, "send", lambda *_: None)
    monkeypatch.setattr(platform, "_PAUSE_TIMEOUT_S", 0.05)
    with pytest.raises(TimedOutError, match="do not freeze: pg1"):
        member.pause("pg1")


def test_a_server_whose_program_was_upgraded_meanwhile_is_still_the_postmaster(member, monkeypatch):
    monkeypatch.setattr(SandboxPlatform, "pids", lambda *_: (7, 8))
    exe = {"/proc/7/exe": "/usr/bin/tini", "/proc/8/exe": "/usr/lib/postgresql/15/bin/postgres (deleted)"}
    monkeypatch.setattr(process.os, "readlink", lambda path: exe[path])
    assert member._part("pg1", "postmaster") == (8,)
