"""Start a member that is down."""

from __future__ import annotations

import typer

from cluster_cli.commands.member_action import act
from cluster_cli.options import ContextName, DryRun, Output, OutputFormat, Target, Yes

app = typer.Typer(add_completion=False)


@app.command()
def start(
    target: Target,
    context: ContextName = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Start the member's processes that do not run; its data are kept.

    Example: swapctl start pg1
    """
    act("start", target, context, dry_run=dry_run, yes=yes, output=output)
