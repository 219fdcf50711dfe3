"""How errors reach a person."""

import errno
import json
import stat
import subprocess
import sys

import pytest

from app_core.errors import RefusedError, UsageError
from cluster_cli import failures, main


def test_a_known_error_says_what_and_what_to_do_next(capsys):
    code = failures.report(RefusedError("refused", on="pg1", why="it lags", hint="swapctl lag"), [], False)
    assert code == 6
    assert capsys.readouterr() == ("", "error: refused: pg1: it lags\ntry: swapctl lag\n")


def test_with_json_the_error_is_json_on_stderr(capsys):
    failures.report(UsageError("no such member", on="pg9"), ["kill", "pg9", "-o", "json"], False)
    assert json.loads(capsys.readouterr().err)["exit_code"] == 2


def test_an_unexpected_error_is_one_line_and_a_private_log(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("SWAPCTL_HOME", str(tmp_path))
    assert failures.report(KeyError("oops"), ["status"], False) == 1
    err = capsys.readouterr().err
    assert err.startswith("error: unexpected: KeyError: 'oops'\n") and "Traceback" not in err
    log = tmp_path / "debug.log"
    assert str(log) in err and "KeyError" in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_without_a_writable_home_the_hint_is_debug(capsys, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("SWAPCTL_HOME", str(tmp_path / "file" / "home"))
    failures.report(KeyError("oops"), [], False)
    assert "--debug" in capsys.readouterr().err


def test_debug_shows_the_traceback(capsys):
    failures.report(UsageError("wrong"), [], True)
    assert "UsageError" in capsys.readouterr().err


def test_an_interrupt_is_130(capsys):
    assert failures.report(KeyboardInterrupt(), [], False) == 130


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["status", "--debug"], (["status"], True)),
        (["run", "--", "cmd", "--debug"], (["run", "--", "cmd", "--debug"], False)),
        ([], ([], False)),
    ],
)
def test_debug_may_stand_anywhere_before_the_dashes(arguments, expected):
    assert failures.take_debug(arguments) == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["status", "-o", "json"], True),
        (["status", "-ojson"], True),
        (["status", "--output=json"], True),
        (["status", "--output", "yaml"], False),
        (["run", "--", "cmd", "-o", "json"], False),
    ],
)
def test_which_calls_want_json(arguments, expected):
    assert failures.wants_json(arguments) is expected


def test_ctrl_c_in_a_command_is_said_though_typer_makes_an_exit_of_it(capsys, monkeypatch):
    def cut(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("cluster_cli.drills.summary.rows", cut)
    monkeypatch.setattr("sys.argv", ["swapctl", "drill", "list"])
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert (ended.value.code, capsys.readouterr().err) == (130, "interrupted\n")


def test_with_json_an_unexpected_error_is_json_too(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("SWAPCTL_HOME", str(tmp_path))
    assert failures.report(KeyError("oops"), ["status", "-o", "json"], False) == 1
    assert json.loads(capsys.readouterr().err)["error"] == "unexpected: KeyError: 'oops'"


def test_a_full_disk_is_a_known_error(capsys):
    full = OSError(errno.ENOSPC, "No space left on device", "/data/sandbox.json")
    assert failures.report(full, ["up"], False) == 1
    assert capsys.readouterr().err == "error: the disk is full: /data/sandbox.json\ntry: swapctl doctor\n"


WAITS_FOR_EVER = """
import threading
from concurrent.futures import ThreadPoolExecutor
from app_core.errors import RefusedError
from cluster_cli import main

class Command:
    def main(self, *_, **__):
        ThreadPoolExecutor(1).submit(threading.Event().wait)
        raise {error}

main.typer.main.get_command = lambda _: Command()
main.main()
"""


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [('RefusedError("refused", on="pg1")', 6, "error: refused: pg1\n"), ("SystemExit(130)", 130, "")],
)
def test_a_failed_command_ends_though_a_thread_of_its_waits(error, code, words):
    program = WAITS_FOR_EVER.replace("{error}", error)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (code, words)
