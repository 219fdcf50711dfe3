"""Move a primary role as planned, without a failed client transaction."""

from __future__ import annotations

from typing import Annotated

import typer

from cluster_cli.confirm import confirm
from cluster_cli.options import ContextName, DryRun, Output, OutputFormat, Yes
from cluster_cli.render import emit, say

app = typer.Typer(add_completion=False)


@app.command()
def switchover(
    domain: Annotated[str, typer.Argument(help="payments, or shard followed by its name.")],
    name: Annotated[str | None, typer.Argument(help="The shard's name.")] = None,
    context: ContextName = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Pre-checks with reasons, then the hand-over; payments' pools pause around it and resume on every path.

    Example: swapctl switchover payments
    """
    from cluster_cli.role_change import change_role, group_of
    from infra.context import load_context

    ctx = load_context(context)
    group = group_of(ctx, domain, name)
    if not dry_run:
        confirm(f"Switchover of {group} in {ctx.name}?", yes)
    result = change_role(ctx, "switchover", domain, name, dry_run=dry_run, progress=say)
    if result is not None:
        emit(result, output)
