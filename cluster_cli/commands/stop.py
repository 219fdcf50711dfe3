"""Stop a member in the ordinary way."""

from __future__ import annotations

import typer

from cluster_cli.commands.member_action import act
from cluster_cli.options import ContextName, DryRun, Output, OutputFormat, Target, Yes

app = typer.Typer(add_completion=False)


@app.command()
def stop(
    target: Target,
    context: ContextName = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Ask the member to end, wait up to 10 s, then end it.

    Example: swapctl stop pg1
    """
    act("stop", target, context, dry_run=dry_run, yes=yes, output=output)
