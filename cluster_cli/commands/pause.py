"""Freeze a member (SIGSTOP): it keeps its ports and answers nothing."""

from __future__ import annotations

import typer

from cluster_cli.commands.member_action import act
from cluster_cli.options import ContextName, DryRun, Output, OutputFormat, Target, Yes

app = typer.Typer(add_completion=False)


@app.command()
def pause(
    target: Target,
    context: ContextName = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Freeze every process of the member, as a stalled host would.

    Example: swapctl pause pg1
    """
    act("pause", target, context, dry_run=dry_run, yes=yes, output=output)
