"""A process that is told to end tidies up first, also when it is told twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cluster_cli import ephemeral
from cluster_cli.interrupts import SIGNALS, held_back, terminated_as_interrupt

TIDY = """
import sys, time
from cluster_cli.interrupts import terminated_as_interrupt
with terminated_as_interrupt():
    try:
        print("begun", flush=True)
        time.sleep(60)
    finally:
        print("lifting", flush=True)
        sys.stdin.readline()
        print("lifted", flush=True)
"""


@pytest.mark.parametrize("number", SIGNALS)
def test_the_block_is_unwound_once(number: signal.Signals) -> None:
    tidied: list[str] = []
    with pytest.raises(SystemExit) as ended, terminated_as_interrupt():
        try:
            os.kill(os.getpid(), number)
            tidied.append("never")
        finally:
            os.kill(os.getpid(), number)  # the shell passes on what the terminal has sent
            tidied.append("tidied")
    assert tidied == ["tidied"]
    assert ended.value.code == 128 + number


def test_afterwards_the_signals_mean_what_they_did() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with pytest.raises(SystemExit), terminated_as_interrupt():
        os.kill(os.getpid(), signal.SIGHUP)
    assert [signal.getsignal(number) for number in SIGNALS] == before


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_process_group_that_gets_a_second_signal_lifts_all_the_same(second: signal.Signals) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", TIDY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    assert child.stdin and child.stdout and child.stderr
    assert child.stdout.readline() == "begun\n"
    os.killpg(child.pid, signal.SIGINT)
    assert child.stdout.readline() == "lifting\n"
    assert child.stderr.readline() == "SIGINT: tidying up\n"
    os.killpg(child.pid, second)
    assert f"{second.name}: still tidying up; only SIGKILL" in child.stderr.readline()
    out, _ = child.communicate("go on\n", timeout=30)
    assert (out, child.returncode) == ("lifted\n", 130)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_step_that_must_not_be_cut_ends_before_the_signal_is_heard(number: signal.Signals) -> None:
    done: list[str] = []
    with pytest.raises(SystemExit) as ended, terminated_as_interrupt():
        with held_back():
            os.kill(os.getpid(), number)
            done.append("undone")
        done.append("never")
    assert (done, ended.value.code) == (["undone"], 128 + number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_command_that_was_started_deaf_to_a_signal_stays_so(number: signal.Signals) -> None:
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with terminated_as_interrupt():
            os.kill(os.getpid(), number)
            assert signal.getsignal(number) is signal.SIG_IGN
    finally:
        signal.signal(number, before)


LIFTING = """
import pathlib, signal, sys, time
def term(*_): pathlib.Path(sys.argv[1]).write_text("cut"); sys.exit(1)
signal.signal(signal.SIGTERM, term)
signal.signal(signal.SIGINT, lambda *_: None)
print("begun", flush=True)
time.sleep(1.5)
pathlib.Path(sys.argv[1]).write_text("lifted")
"""


@pytest.mark.parametrize(
    ("number", "patience", "left"),
    [
        (signal.SIGINT, 20.0, "lifted"),  # it has heard Ctrl-C from the terminal
        (signal.SIGINT, 0.1, "cut"),
        (signal.SIGTERM, 20.0, "cut"),  # nobody but us has told it
    ],
)
def test_a_command_beside_a_cluster_has_time_to_lift_its_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: signal.Signals, patience: float, left: str
) -> None:
    monkeypatch.setattr(ephemeral, "CHILD_PATIENCE_S", patience)
    child = subprocess.Popen([sys.executable, "-c", LIFTING, str(tmp_path / "x")], stdout=subprocess.PIPE)
    assert child.stdout is not None and child.stdout.readline() == b"begun\n"
    signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), number))
    with pytest.raises(SystemExit), terminated_as_interrupt():
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        ephemeral._wait(child)
    child.stdout.close()
    assert (tmp_path / "x").read_text() == left
