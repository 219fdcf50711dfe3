"""Processes are found by pid and start time, also without a record, and never by name."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.sandbox import cleanup, process
from infra.sandbox.home import SandboxPaths
from infra.sandbox.spec import ProcessSpec

SLEEPER = (sys.executable, "-c", "import time; time.sleep(60)")
# A parent that ignores SIGTERM and has a child.
FAMILY = (
    sys.executable,
    "-c",
    (
        "import signal,subprocess,sys,time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "subprocess.Popen([sys.executable,'-c','import time; time.sleep(60)'], env={});"
        "print('ready', flush=True);"
        "time.sleep(60)"
    ),
)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[SandboxPaths]:
    paths = SandboxPaths(tmp_path / "box")
    (paths.root / "processes").mkdir(parents=True)
    yield paths
    cleanup.stop_everything(paths)


def start(paths: SandboxPaths, argv: tuple[str, ...], member: str = "m1") -> subprocess.Popen[bytes]:
    spec = ProcessSpec("main", argv, paths.root / f"{member}.log")
    marks = {process.SANDBOX_MARK: str(paths.root), process.MEMBER_MARK: member}
    return process.spawn(spec, paths.root, marks, None)


def wait_for_log(path: Path, text: str) -> None:
    end = time.monotonic() + 10
    while text not in path.read_text():
        assert time.monotonic() < end, "the process did not start"
        time.sleep(0.01)


def test_identity_holds_while_alive_and_ends_with_the_process(
    box: SandboxPaths,
) -> None:
    popen = start(box, SLEEPER)
    identity = process.identify(popen.pid)
    assert identity is not None
    assert identity.alive
    popen.kill()
    popen.wait()
    assert not identity.alive


def test_a_zombie_is_not_alive(box: SandboxPaths) -> None:
    popen = start(box, SLEEPER)
    identity = process.identify(popen.pid)
    assert identity is not None
    os.kill(popen.pid, signal.SIGKILL)
    os.waitid(os.P_PID, popen.pid, os.WEXITED | os.WNOWAIT)  # dead, not reaped
    assert not identity.alive
    popen.wait()


LEADER_ENDS_FIRST = """
import ctypes, threading, time
threading.Thread(target=time.sleep, args=(60,)).start()
ctypes.CDLL(None).syscall(60, 0)
"""
"""A program of which only the first thread ends: by the system call `exit` of x86-64, not the library's."""


def test_a_zombie_with_a_thread_that_lives_is_alive(box: SandboxPaths) -> None:
    popen = start(box, (sys.executable, "-c", LEADER_ENDS_FIRST))
    identity = process.identify(popen.pid)
    assert identity is not None
    stat = Path(f"/proc/{popen.pid}/stat")
    end = time.monotonic() + 10
    while stat.read_text().rpartition(")")[2].split()[0] != "Z":
        assert time.monotonic() < end, "the first thread did not end"
        time.sleep(0.01)
    assert identity.alive  # its sockets and ports are still open
    assert process.wait_gone([popen.pid], 0.1) == (popen.pid,)
    popen.kill()
    assert process.wait_gone([popen.pid], 10) == ()
    assert not identity.alive


def test_a_reused_pid_is_another_process(box: SandboxPaths) -> None:
    popen = start(box, SLEEPER)
    identity = process.identify(popen.pid)
    assert identity is not None
    assert not dataclasses.replace(identity, ticks=identity.ticks - 1).alive
    assert not dataclasses.replace(identity, boot="another boot").alive


def test_record_survives_writing_and_damage(tmp_path: Path) -> None:
    identity = process.identify(os.getpid())
    assert identity is not None
    process.save(tmp_path / "r.json", identity)
    assert process.load(tmp_path / "r.json") == identity
    assert (tmp_path / "r.json").stat().st_mode & 0o777 == 0o600
    (tmp_path / "r.json").write_text("{")
    assert process.load(tmp_path / "r.json") is None
    assert process.load(tmp_path / "none.json") is None


def test_unrecorded_family_is_found_by_mark_and_descent(box: SandboxPaths) -> None:
    popen = start(box, FAMILY)
    wait_for_log(box.root / "m1.log", "ready")
    found = process.marked(box.root, "m1")
    assert found[0] == popen.pid
    assert len(found) == 2, "the child has no mark of its own"
    assert process.marked(box.root, "m2") == ()
    assert process.marked(box.root, "m2", "m1") == found, "one of several members will do"
    assert process.marked(box.root) == found
    assert process.marked(box.root.with_name("other")) == ()


def test_stop_everything_ends_the_family_and_only_it(box: SandboxPaths, tmp_path: Path) -> None:
    bystander = subprocess.Popen(SLEEPER, cwd=box.root)
    try:
        start(box, FAMILY)
        wait_for_log(box.root / "m1.log", "ready")
        assert cleanup.stop_everything(box) == 2
        assert process.marked(box.root) == ()
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_frozen_is_seen_and_a_frozen_process_can_be_ended(box: SandboxPaths) -> None:
    popen = start(box, SLEEPER)
    process.send([popen.pid], signal.SIGSTOP)
    os.waitid(os.P_PID, popen.pid, os.WSTOPPED | os.WNOWAIT)
    assert process.is_frozen(popen.pid)
    cleanup.stop_everything(box)
    assert process.start_ticks(popen.pid) is None
