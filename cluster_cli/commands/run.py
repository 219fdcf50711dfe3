"""Run a command beside a cluster of its own, which ends with it."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run(
    ctx: typer.Context,
    command: Annotated[list[str], typer.Argument(help="The command, after --.", metavar="-- COMMAND...")],
    topology: Annotated[str, typer.Option(help="A shipped topology's name, or a YAML file.")] = "sandbox",
) -> None:
    """Start a sandbox under a random name, run COMMAND with its URIs in the environment, then forget it.

    The exit code is the command's. The sandbox ends on every path, also when swapctl is interrupted.

    Example: swapctl run --topology minimal -- pytest tests/
    """
    from cluster_cli.ephemeral import run_beside_cluster
    from infra.topology import load_topology

    raise typer.Exit(run_beside_cluster([*command, *ctx.args], load_topology(topology)))
