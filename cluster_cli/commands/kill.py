"""Kill a member's processes (SIGKILL)."""

from __future__ import annotations

import typer

from cluster_cli.commands.member_action import act
from cluster_cli.options import ContextName, DryRun, Output, OutputFormat, Target, Yes

app = typer.Typer(add_completion=False)


@app.command()
def kill(
    target: Target,
    context: ContextName = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Kill the member without a word, as a crash would.

    Example: swapctl kill pg1
    """
    act("kill", target, context, dry_run=dry_run, yes=yes, output=output)
