"""The question before something that cannot be taken back."""

import io

import pytest

from app_core.errors import SwapskillError, UsageError
from cluster_cli.confirm import confirm


class Terminal(io.StringIO):
    """What a person types."""

    def isatty(self):
        return True


def test_yes_goes_on_and_asks_nobody(monkeypatch):
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    confirm("Forget it?", yes=False)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    confirm("Forget it?", yes=True)


@pytest.mark.parametrize("typed", ["n\n", "\n", ""])
def test_no_or_the_end_of_the_input_is_told_with_what_was_asked(monkeypatch, typed):
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    with pytest.raises(SwapskillError, match="declined: nothing was done: asked: Forget it?") as told:
        confirm("Forget it?", yes=False)
    assert (told.value.exit_code, told.value.hint) == (1, "--yes to go on")


def test_without_a_terminal_it_is_a_wrong_call(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    with pytest.raises(UsageError, match="no terminal") as told:
        confirm("Forget it?", yes=False)
    assert told.value.hint == "add --yes"
