"""Check this machine, the sandboxes, and what commands left behind."""

from __future__ import annotations

from typing import Annotated

import typer

from cluster_cli.options import ContextName, Output, OutputFormat
from cluster_cli.render import emit, say

app = typer.Typer(add_completion=False)


@app.command()
def doctor(
    topology: Annotated[str, typer.Option(help="The topology that the machine should carry.")] = "sandbox",
    context: ContextName = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """All findings at once, each with the command that cures it. Exit 6 not ready, 3 unhealthy, 0 well."""
    from cluster_cli.doctor import exit_code, findings
    from infra.topology import load_topology

    found = findings(load_topology(topology), context)
    if found or output is not OutputFormat.TABLE:
        emit(found, output)
    say(f"{len(found)} finding(s)" if found else "no findings")
    raise typer.Exit(exit_code(found))
