"""The root command: lazy, and clear about what it does not know."""

import json
import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from app_core.errors import SwapskillError, UsageError
from cluster_cli.lazy import help_line, load_command, source_path
from cluster_cli.main import app

HEAVY = {
    *("pydantic", "rich", "pymongo", "psycopg", "jinja2", "cryptography", "psutil", "yaml", "httpx2"),
    *("importlib.metadata", "email", "zipfile"),  # a quarter of the time that `--help` takes
}


def test_help_imports_nothing_heavy():
    code = (
        "import sys; sys.argv = ['swapctl', '--help']\n"
        "from cluster_cli.main import main\n"
        "try: main()\n"
        "finally: print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Commands:" in done.stdout
    assert not HEAVY & set(done.stderr.split())


def test_help_names_every_command_with_its_line():
    result = CliRunner().invoke(app, ["-h"])
    assert result.exit_code == 0
    assert "Start a cluster on this machine from a topology" in result.stdout
    assert "missing" not in result.stdout


def test_a_wrong_command_is_a_usage_error_with_the_nearest_name():
    result = CliRunner().invoke(app, ["donw"])
    assert isinstance(result.exception, UsageError)
    assert "did you mean 'down'?" in str(result.exception)


def test_a_wrong_option_is_a_usage_error():
    assert isinstance(CliRunner().invoke(app, ["--wrong"]).exception, UsageError)


def test_no_arguments_show_the_help():
    assert "Commands:" in CliRunner().invoke(app, []).output


def test_version():
    assert CliRunner().invoke(app, ["--version"]).stdout.startswith("swapctl 0.")


def test_help_of_a_command_is_plain():
    result = CliRunner().invoke(app, ["up", "--help"])
    assert result.exit_code == 0
    assert "--topology" in result.stdout and "╭" not in result.stdout


@pytest.mark.parametrize("target", ["no_such_room.commands:app", "cluster_cli.no_such:app"])
def test_a_missing_module_is_a_clear_error(target):
    assert "missing" in help_line(target)
    with pytest.raises(SwapskillError, match="cannot be loaded"):
        load_command("lost", target)


def test_source_is_found_without_importing_parents():
    path = source_path("infra.topology")
    assert path is not None and path.name == "__init__.py"
    assert source_path("nowhere.at.all") is None


def test_an_error_ends_the_process_with_its_code():
    done = subprocess.run(
        [sys.executable, "-m", "cluster_cli.main", "donw"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("try: swapctl --help\n")


def swapctl(*arguments, **environment):
    code = "import sys; sys.argv = ['swapctl', *sys.argv[1:]]; from cluster_cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, env={**os.environ, **environment}
    )


WRONG_CALLS = [
    (("status", "--wrong"), "no such option: --wrong", "swapctl status --help"),
    (("kill",), "missing argument 'target'", "swapctl kill --help"),
    (("up", "--ttl"), "option '--ttl' requires an argument", "the same with --help"),
    (
        ("connect", "redis"),
        "invalid value for 'engine': 'redis' is not one of 'mongo', 'postgres'",
        "swapctl connect --help",
    ),
    (("connect",), "missing argument 'engine'. Choose from: mongo, postgres", "swapctl connect --help"),
    (
        ("drill", "run", "--seed", "odd"),
        "invalid value for '--seed': should be a valid integer",
        "swapctl drill run --help",
    ),
]


@pytest.mark.parametrize(("arguments", "words", "hint"), WRONG_CALLS)
def test_a_wrong_call_is_one_line_and_the_help_to_read(arguments, words, hint):
    told = swapctl(*arguments)
    assert (told.returncode, told.stdout) == (2, b"")
    assert told.stderr.decode() == f"error: {words}\ntry: {hint}\n"


@pytest.mark.parametrize("arguments", [("status", "--wrong"), ("kill",), ("kill", "pg1", "pg2")])
def test_with_json_a_wrong_call_is_json(arguments):
    told = swapctl(*arguments, "-o", "json")
    error = json.loads(told.stderr)
    assert (told.returncode, error["exit_code"], told.stdout) == (2, 2, b"") and error["error"]


def test_a_group_without_a_command_shows_its_help():
    told = swapctl("drill")
    assert told.returncode == 2 and told.stderr.startswith(b"Usage: swapctl drill ")


def test_with_json_the_exit_code_of_a_command_stays(tmp_path):
    assert swapctl("topology", "list", "-o", "json").returncode == 0
    told = swapctl("status", "-o", "json", SWAPCTL_HOME=str(tmp_path))
    assert told.returncode == json.loads(told.stderr)["exit_code"] == 2


def test_letters_that_the_terminal_lacks_are_escaped():
    told = swapctl("schema", "doc", PYTHONIOENCODING="ascii")
    assert told.returncode == 0 and b"Traceback" not in told.stderr
    assert b"\\u" in told.stdout or b"\\x" in told.stdout
