"""Stop a member and start it again."""

from __future__ import annotations

import typer

from cluster_cli.commands.member_action import act
from cluster_cli.options import ContextName, DryRun, Output, OutputFormat, Target, Yes

app = typer.Typer(add_completion=False)


@app.command()
def restart(
    target: Target,
    context: ContextName = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Stop the member in the ordinary way and start it again.

    Example: swapctl restart pg1
    """
    act("restart", target, context, dry_run=dry_run, yes=yes, output=output)
