"""The root command: lazy, and clear about what it does not know."""

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


def test_a_wrong_option_is_exit_2():
    assert CliRunner().invoke(app, ["--wrong"]).exit_code == 2


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
