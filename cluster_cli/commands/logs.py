"""Show the members' logs merged by time, role changes marked."""

from __future__ import annotations

from typing import Annotated

import typer

from cluster_cli.options import TARGET_HELP, ContextName, Output, OutputFormat, duration
from cluster_cli.render import emit

app = typer.Typer(add_completion=False)


@app.command()
def logs(
    target: Annotated[str | None, typer.Argument(help=f"{TARGET_HELP} Default: all members.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All members (the default without a name).")
    ] = False,
    since: Annotated[str, typer.Option(help="How far back, such as 10m.")] = "10m",
    grep: Annotated[str | None, typer.Option(help="Only lines that contain this text.")] = None,
    role_changes: Annotated[
        bool, typer.Option("--role-changes", help="Only lines that tell of a role change.")
    ] = False,
    context: ContextName = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Print log lines in order of time; `*` marks a line that tells of a role change.

    Example: swapctl logs --since 2m --role-changes
    """
    from cluster_cli.logs.files import collect, members_of
    from infra.context import load_context

    seconds = duration(since)
    ctx = load_context(context)
    lines = collect(ctx, members_of(ctx, None if everything else target), seconds, grep)
    if role_changes:
        lines = [line for line in lines if line.role_change]
    if output is not OutputFormat.TABLE:
        emit(lines, output)
        return
    width = max((len(line.member) for line in lines), default=0)
    for line in lines:
        mark = "*" if line.role_change else " "
        typer.echo(f"{line.at:%H:%M:%S.%f}"[:-3] + f" {mark} {line.member:<{width}}  {line.text}")
