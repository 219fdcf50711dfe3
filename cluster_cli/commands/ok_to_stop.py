"""Tell whether a member, host or zone can be stopped without losing a promise."""

from __future__ import annotations

from typing import Annotated

import typer

from cluster_cli.options import ContextName, Output, OutputFormat
from cluster_cli.render import emit, say

app = typer.Typer(add_completion=False)


@app.command("ok-to-stop")
def ok_to_stop(
    target: Annotated[str, typer.Argument(help="A member (name or role), a host or a zone.")],
    context: ContextName = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Yes or no, with the reason per shard, etcd cluster, synchronous set, router and proxy. Exit 6 for no.

    Example: swapctl ok-to-stop a
    """
    from cluster_cli.plans.ok_to_stop import ok_to_stop as decide
    from cluster_cli.status import read_cluster
    from infra.context import load_context

    ctx = load_context(context)
    verdict = decide(ctx.topology, read_cluster(ctx).members, target)
    emit(verdict, output)
    say("ok to stop" if verdict.ok else "not ok to stop")
    if not verdict.ok:
        raise typer.Exit(6)
