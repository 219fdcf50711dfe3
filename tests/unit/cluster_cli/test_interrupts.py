"""A process that is told to end tidies up first, also when it is told twice."""

from __future__ import annotations

import os
import signal

import pytest

from cluster_cli.interrupts import SIGNALS, terminated_as_interrupt


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
