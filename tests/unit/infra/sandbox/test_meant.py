"""The sandbox that a command means when there is none of that name, or none that runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app_core.errors import UsageError
from infra.sandbox import contexts, state
from infra.sandbox.home import paths


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWAPCTL_HOME", str(tmp_path))
    monkeypatch.setenv(contexts.NAME_VARIABLE, "demo")


@pytest.mark.parametrize("look", [contexts.chosen, contexts.existing])
@pytest.mark.parametrize(
    ("name", "hint"), [("demo", f"unset {contexts.NAME_VARIABLE}"), ("other", "swapctl up --name NAME")]
)
def test_the_cure_names_the_variable_only_where_it_gave_the_name(
    look: Callable[[str], str], name: str, hint: str
) -> None:
    with pytest.raises(UsageError, match="unknown sandbox") as caught:
        look(name)
    assert caught.value.hint == hint


@pytest.mark.parametrize("ended", [[], ["demo"], ["demo", "other"]])
def test_where_none_runs_the_cure_starts_one_that_was_ended(ended: list[str]) -> None:
    for name in ended:
        made = paths(name)
        made.root.mkdir(parents=True)
        state.write(made, state.SandboxState(name, "minimal", {}, state.now(), "stopped"))
    with pytest.raises(UsageError, match="no sandbox is running") as caught:
        contexts.chosen(None)
    assert caught.value.hint == ("swapctl up --name demo" if ended else "swapctl up")
    assert (caught.value.why or "").removeprefix("ended: ") == ", ".join(ended)
