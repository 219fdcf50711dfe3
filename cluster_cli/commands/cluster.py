"""Make a cluster of started processes: sets, shards, users, schema."""

from __future__ import annotations

import typer

from cluster_cli.options import ContextName, Output, OutputFormat
from cluster_cli.render import emit, say

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def cluster() -> None:
    """Make a cluster of started processes."""


@app.command("bootstrap")
def bootstrap(context: ContextName = None, output: Output = OutputFormat.TABLE) -> None:
    """Bring the cluster to what its topology and the schema say; a second run changes nothing.

    Each step looks first at what is there, so an interrupted run is finished by the next one. Exit 6 when the
    cluster does not run, 3 when a member stops answering meanwhile.

    Example: swapctl cluster bootstrap -o json | jq .changed
    """
    from cluster_cli.bootstrap import bootstrap as run
    from cluster_cli.lock import operation
    from cluster_cli.opslog import recorded
    from cluster_cli.schema.reach import reachable
    from infra.context import load_context
    from infra.sandbox import contexts

    ctx = load_context(context)
    contexts.check_alive(ctx.name)
    with operation(ctx, "cluster bootstrap"), recorded(ctx, "bootstrap", ctx.name), reachable():
        result = run(ctx, say)
    emit(result.steps if output is OutputFormat.TABLE else result, output)
