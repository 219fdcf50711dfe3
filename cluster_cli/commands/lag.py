"""Show replication lag in seconds and bytes; exit 3 above a limit."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from cluster_cli.options import ContextName, Output, OutputFormat, duration
from cluster_cli.render import emit, say

app = typer.Typer(add_completion=False)
_INTERVAL_S = 0.9


@app.command()
def lag(
    limit: Annotated[
        str | None, typer.Option("--max", help="Exit 3 when a member is further behind.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Repeat until interrupted or above --max.")] = False,
    context: ContextName = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """How far each replica is behind its primary.

    Example: swapctl lag --max 5s
    """
    from cluster_cli.lag import above, lags
    from infra.context import load_context

    seconds = duration(limit) if limit is not None else None
    ctx = load_context(context)
    while True:
        found = lags(ctx)
        emit(found, output)
        if not found:
            say("no member replicates from another")
        late = above(found, seconds)
        for reason in late:
            say(reason)
        if late:
            raise typer.Exit(3)
        if not watch:
            return
        time.sleep(_INTERVAL_S)
