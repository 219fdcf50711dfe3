"""The log of operations: one entry an action, and a sentence when its cluster is gone."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
import sys
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
    with opslog.recorded(ctx, "drill run demo", "demo") as outcome:
        outcome.words = "fail"
    with pytest.raises(ValueError, match="no such member"), opslog.recorded(ctx, "stop", "pg9"):
        raise ValueError("no such member")
    assert [(e.what, e.where, e.result) for e in opslog.entries(ctx)] == [
        ("kill", "pg1", "ok"),
        ("drill run demo", "demo", "fail"),
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


KILLED = """
import os, pathlib, signal, sys
from types import SimpleNamespace
from cluster_cli import opslog
ctx = SimpleNamespace(name="demo", state_dir=pathlib.Path(sys.argv[1]))
with opslog.recorded(ctx, "switchover", "payments"):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_action_leaves_a_trace(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    opslog.record(ctx, "start", "pg1", "ok")
    found = [(e.what, e.where, e.result) for e in opslog.entries(ctx)]
    assert found == [("switchover", "payments", "killed"), ("start", "pg1", "ok")]


def test_what_is_under_way_is_the_lock_s_to_tell_and_its_time_is_when_it_began(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    with opslog.recorded(ctx, "drill", "demo"):
        assert opslog.entries(ctx) == []
        opslog.record(ctx, "undo", "demo", "ok")
    drill, undo = opslog.entries(ctx)
    assert (drill.what, drill.result, undo.what) == ("drill", "ok", "undo")
    assert drill.at <= undo.at


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_a_log_that_cannot_be_written_takes_nothing_from_the_action(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, code: int
) -> None:
    def failing(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(opslog.os, "write", failing)
    with opslog.recorded(context(tmp_path), "kill", "pg1"):
        pass
    with pytest.raises(KeyError), opslog.recorded(context(tmp_path), "kill", "pg1"):
        raise KeyError("the real error")
    assert "not in the log of operations" in caplog.text


def test_the_error_counts_more_than_the_removal_of_its_cluster(tmp_path: Path) -> None:
    gone = tmp_path / "demo"
    gone.mkdir()
    with pytest.raises(KeyError), opslog.recorded(context(gone), "kill", "pg1"):
        shutil.rmtree(gone)
        raise KeyError("the real error")
    opslog.record_in(gone, "down", "demo", "ok")
    assert not gone.exists()


def test_names_in_other_letters_are_kept_whatever_the_locale(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys; from types import SimpleNamespace; from cluster_cli import opslog\n"
        "ctx = SimpleNamespace(name='x', state_dir=pathlib.Path(sys.argv[1]))\n"
        "opslog.record(ctx, 'kill', 'Zo\\u00eb', 'ok'); assert opslog.entries(ctx)[0].where == 'Zo\\u00eb'"
    )
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, env=environment)
    assert [entry.where for entry in opslog.entries(context(tmp_path))] == ["Zo\u00eb"]
