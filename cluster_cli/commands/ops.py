"""The log of operations: who did what to the cluster, with which result."""

from __future__ import annotations

import typer

from cluster_cli.options import ContextName, Output, OutputFormat
from cluster_cli.render import emit, say

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def ops() -> None:
    """The log of operations that changed a cluster."""


@app.command("log")
def log(context: ContextName = None, output: Output = OutputFormat.TABLE) -> None:
    """Every action that changed something: when, who, where, what, result. Names a running operation."""
    from cluster_cli.opslog import entries
    from infra.context import load_context
    from infra.locks import OPERATION, read_holder

    ctx = load_context(context)
    found = entries(ctx)
    emit(found, output)
    if not found:
        say("no operation yet")
    running = read_holder(ctx.state_dir / OPERATION)
    if running is not None:
        say(f"under way: {running}")
