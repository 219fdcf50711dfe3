"""The lazy command group: help lists every command without importing one; a call imports its own alone."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from app_core.errors import SwapskillError, UsageError, nearest
from cluster_cli.entries import entries_of
from cluster_cli.wrong_call import told

GROUP = "swapctl.commands"


class LazyGroup(TyperGroup):
    """Finds its commands through the entry-point group `swapctl.commands`."""

    def __init__(self, **attrs: Any) -> None:
        super().__init__(**attrs)
        self.targets = entries_of(GROUP)

    def make_context(self, *args: Any, **extra: Any) -> Any:
        """As Typer does; UsageError for a wrong global option."""
        with told():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: Any) -> Any:
        """As Typer does; UsageError for a wrong call of the command."""
        with told():
            return super().invoke(ctx)

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of all commands, sorted."""
        return sorted(self.targets)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A stand-in with the help line alone: enough for completion."""
        if cmd_name not in self.targets:
            return None
        return TyperCommand(cmd_name, help=help_line(self.targets[cmd_name]), rich_markup_mode=None)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The list of commands in `--help`, each with its whole help line."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_line(self.targets[name])) for name in self.list_commands(ctx)])

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Import the command that is called; UsageError with the nearest name when there is none."""
        name = args[0]
        if name in self.targets:
            return name, load_command(name, self.targets[name]), args[1:]
        if name.startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        raise UsageError("no such command", on=name, why=nearest(name, self.targets), hint="swapctl --help")


def load_command(name: str, target: str) -> Any:
    """The command behind `module:attribute`; SwapskillError when its module or a package is missing."""
    module, _, attribute = target.partition(":")
    try:
        app = getattr(importlib.import_module(module), attribute)
    except ImportError as error:
        raise SwapskillError(
            "this command cannot be loaded", on=name, why=str(error), hint="make setup"
        ) from error
    _plain_help(app)
    command = typer.main.get_command(app)
    command.name = name
    command.help = command.help or help_line(target)
    return command


def _plain_help(app: typer.Typer) -> None:
    """Rich help costs 42 ms of imports and cannot be grepped: off, at every level."""
    app.rich_markup_mode = None
    for group in app.registered_groups:
        if group.typer_instance is not None:
            _plain_help(group.typer_instance)


def help_line(target: str) -> str:
    """The first line of the module's docstring, read from its source without importing it."""
    path = source_path(target.partition(":")[0])
    if path is None:
        return "(its module is missing: make setup)"
    with path.open(encoding="utf-8") as source:
        return source.readline().strip().strip('"').rstrip(".")


def source_path(module: str) -> Path | None:
    """The module's file, or None, found without `find_spec` of a dotted name, which imports the parents."""
    top, *rest = module.split(".")
    spec = find_spec(top)
    for folder in (spec and spec.submodule_search_locations) or ():
        path = Path(folder, *rest)
        for candidate in (path.with_suffix(".py"), path / "__init__.py"):
            if candidate.is_file():
                return candidate
    return None
