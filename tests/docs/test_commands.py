"""Every command has help, joins through its entry point, and is in the reference."""

import ast
import sys
import tomllib
from pathlib import Path

import pytest

from cluster_cli.lazy import source_path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import cli_reference  # noqa: E402  (a program of this clone, not an installed module)

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
TARGETS = PROJECT["project"]["entry-points"]["swapctl.commands"]
COMMANDS = dict(cli_reference.commands())


def modules_with_an_app():
    for path in (ROOT / "cluster_cli" / "commands").glob("*.py"):
        body = ast.parse(path.read_text()).body
        names = [t.id for node in body if isinstance(node, ast.Assign) for t in node.targets]  # pyright: ignore
        if "app" in names:
            yield path


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_has_help_and_every_option_says_what_it_is_for(words):
    command = COMMANDS[words]
    assert command.help, f"swapctl {words} has no help"
    silent = [param.name for param in command.params if getattr(param, "help", None) == ""]
    assert not silent, f"swapctl {words}: no help for {silent}"


def test_the_reference_is_what_the_commands_say():
    assert cli_reference.PAGE.read_text() == cli_reference.page(), "docs/cli.md is stale: make docs"


def test_every_module_with_an_app_is_a_command():
    listed = {source_path(target.partition(":")[0]) for target in TARGETS.values()}
    assert {path.resolve() for path in modules_with_an_app()} <= {path.resolve() for path in listed if path}


@pytest.mark.parametrize("name", TARGETS)
def test_every_entry_point_has_its_module_and_a_help_line(name):
    path = source_path(TARGETS[name].partition(":")[0])
    assert path is not None, f"{TARGETS[name]} is not there"
    first = path.read_text().splitlines()[0]
    assert first.startswith('"""') and first.endswith('"""'), f"{path}: the first line is the whole help line"


def test_the_installed_entry_points_are_those_of_pyproject():
    from importlib.metadata import entry_points

    assert {entry.name for entry in entry_points(group="swapctl.commands")} == set(TARGETS), "make setup"
