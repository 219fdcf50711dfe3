"""Makes the commands that differ in one word only: actions on a member, and moves of a primary role."""

from __future__ import annotations

import textwrap
from typing import Annotated, Literal

import typer

from cluster_cli.confirm import confirm
from cluster_cli.options import ContextName, DryRun, Output, OutputFormat, Target, Yes
from cluster_cli.render import emit, say

_TO = "The member that is to lead, by name or role; without it the one that lacks least."


def member_command(action: str, help: str) -> typer.Typer:
    """The command `swapctl ACTION TARGET`; `help` is what it does to the member."""
    app = typer.Typer(add_completion=False)

    @app.command(action, help=_with_example(help, f"swapctl {action} pg1"))
    def command(
        target: Target,
        context: ContextName = None,
        dry_run: DryRun = False,
        yes: Yes = False,
        output: Output = OutputFormat.TABLE,
    ) -> None:
        from cluster_cli.member_action import act

        act(action, target, context, dry_run=dry_run, yes=yes, output=output)

    return app


def role_command(change: Literal["failover", "switchover"], help: str) -> typer.Typer:
    """The command `swapctl CHANGE payments|shard NAME`; `help` says how the role moves."""
    app = typer.Typer(add_completion=False)

    @app.command(change, help=_with_example(help, f"swapctl {change} payments"))
    def command(
        domain: Annotated[str, typer.Argument(help="payments, or shard followed by its name.")],
        name: Annotated[str | None, typer.Argument(help="The shard's name.")] = None,
        to: Annotated[str | None, typer.Option(metavar="MEMBER", help=_TO)] = None,
        context: ContextName = None,
        dry_run: DryRun = False,
        yes: Yes = False,
        output: Output = OutputFormat.TABLE,
    ) -> None:
        from cluster_cli.role_change import PlannedChange, change_role, group_of, successor_of
        from infra.context import load_context

        ctx = load_context(context)
        group = group_of(ctx, domain, name)
        target = successor_of(ctx, group, to)
        if not dry_run:
            confirm(f"{change.capitalize()} of {group} in {ctx.name}?", yes)
        steps: list[str] = []
        tell = steps.append if dry_run else say
        result = change_role(ctx, change, domain, group, target=target, dry_run=dry_run, progress=tell)
        emit(result or PlannedChange(change, group, tuple(steps)), output)

    return app


def _with_example(help: str, example: str) -> str:
    return f"{textwrap.dedent(help).strip()}\n\nExample: {example}"
