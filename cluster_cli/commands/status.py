"""Show every member's role, health, lag and durability, and a verdict."""

from __future__ import annotations

import typer

from cluster_cli.options import ContextName, Output, OutputFormat
from cluster_cli.render import emit

app = typer.Typer(add_completion=False)


@app.command()
def status(context: ContextName = None, output: Output = OutputFormat.TABLE) -> None:
    """Every member: role, zone, health, lag, term or timeline, sync state. Exit 3 when unhealthy.

    Example: swapctl status -o json | jq .verdict
    """
    from cluster_cli.status import as_document, read_cluster
    from infra.context import load_context

    cluster = read_cluster(load_context(context))
    if output is OutputFormat.TABLE:
        emit(cluster.members, output)
        if cluster.durability is not None:
            typer.echo(f"durability: {cluster.durability.line()}")
        if cluster.archive is not None:
            typer.echo(f"archive: {cluster.archive.line()}")
        for part in cluster.stand_ins:
            typer.echo(f"stand-in: {part} (no mongos was found; see docs/router.md)")
        typer.echo(cluster.verdict)
    else:
        emit(as_document(cluster), output)
    if not cluster.healthy:
        raise typer.Exit(3)
