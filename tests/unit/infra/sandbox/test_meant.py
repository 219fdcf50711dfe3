"""A sandbox's name that `swapctl env` left in the shell, when the sandbox is gone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app_core.errors import UsageError
from infra.sandbox import contexts


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
