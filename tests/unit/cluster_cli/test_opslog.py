"""The log of operations: one entry an action, and a sentence when its cluster is gone."""

from __future__ import annotations

import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app_core.errors import SwapskillError
from cluster_cli import opslog
from cluster_cli.commands.ops import log
from cluster_cli.lock import operation
from cluster_cli.options import OutputFormat


def context(state: Path) -> Any:
    return SimpleNamespace(name="demo", state_dir=state)


def test_an_action_is_recorded_with_its_result_also_when_it_fails(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    with opslog.recorded(ctx, "kill", "pg1"):
        pass
    with pytest.raises(ValueError, match="no such member"), opslog.recorded(ctx, "stop", "pg9"):
        raise ValueError("no such member")
    assert [(e.what, e.where, e.result) for e in opslog.entries(ctx)] == [
        ("kill", "pg1", "ok"),
        ("stop", "pg9", "no such member"),
    ]
    assert stat.S_IMODE((tmp_path / opslog.FILE).stat().st_mode) == 0o600


def test_a_cluster_that_was_forgotten_meanwhile_is_named(tmp_path: Path) -> None:
    with pytest.raises(SwapskillError, match="removed meanwhile: demo: drill"):
        opslog.record(context(tmp_path / "gone"), "drill", "demo", "ok")


def test_a_line_that_a_crash_cut_short_is_left_out(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    opslog.record(ctx, "start", "pg1", "ok")
    with (tmp_path / opslog.FILE).open("a") as file:
        file.write('{"at": "2026')
    assert [entry.what for entry in opslog.entries(ctx)] == ["start"]


@pytest.mark.parametrize("error", [KeyError, OSError])
def test_a_user_without_an_account_is_recorded_by_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def unknown() -> str:
        raise error("getpwuid(): uid not found: 4711")

    monkeypatch.setattr(opslog.getpass, "getuser", unknown)
    monkeypatch.setattr(opslog.os, "getuid", lambda: 4711)
    opslog.record(context(tmp_path), "start", "pg1", "ok")
    assert [entry.who for entry in opslog.entries(context(tmp_path))] == ["4711"]


def test_the_log_names_the_operation_that_is_under_way(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("infra.context.load_context", lambda _: context(tmp_path))
    with operation(context(tmp_path), "drill demo"):
        log(context=None, output=OutputFormat.JSON)
    told = capsys.readouterr()
    assert (told.out, "'drill demo'" in told.err) == ("[]\n", True)
    log(context=None, output=OutputFormat.JSON)
    assert "under way" not in capsys.readouterr().err
