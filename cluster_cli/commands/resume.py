"""Thaw a paused member (SIGCONT)."""

from __future__ import annotations

import typer

from cluster_cli.commands.member_action import act
from cluster_cli.options import ContextName, DryRun, Output, OutputFormat, Target, Yes

app = typer.Typer(add_completion=False)


@app.command()
def resume(
    target: Target,
    context: ContextName = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Thaw every process of the member.

    Example: swapctl resume pg1
    """
    act("resume", target, context, dry_run=dry_run, yes=yes, output=output)
