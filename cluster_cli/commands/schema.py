"""The schema of both databases: bring it to what the registry says."""

from __future__ import annotations

import typer

from cluster_cli.options import ContextName, DryRun, Output, OutputFormat
from cluster_cli.render import emit, say

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def schema() -> None:
    """The schema of both databases."""


@app.command("apply")
def apply(context: ContextName = None, dry_run: DryRun = False, output: Output = OutputFormat.TABLE) -> None:
    """Create missing collections, zones and indexes, and run new SQL migrations; never drop anything.

    `changed` says which steps did something (with --dry-run: would do something).

    Example: swapctl schema apply --dry-run
    """
    from cluster_cli.bootstrap.apply import apply_schema
    from cluster_cli.lock import operation
    from cluster_cli.opslog import recorded
    from infra.context import load_context

    ctx = load_context(context)
    if dry_run:
        result = apply_schema(ctx, say, dry_run=True)
    else:
        with operation(ctx, "schema apply"), recorded(ctx, "schema apply", ctx.name):
            result = apply_schema(ctx, say)
    emit(result.steps if output is OutputFormat.TABLE else result, output)
