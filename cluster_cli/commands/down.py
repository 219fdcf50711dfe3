"""End a cluster on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from cluster_cli.confirm import confirm
from cluster_cli.options import ContextName, Output, OutputFormat, Yes
from cluster_cli.render import emit

app = typer.Typer(add_completion=False)


@app.command()
def down(
    name: ContextName = None,
    purge: Annotated[
        bool, typer.Option("--purge", help="Forget the data, secrets and certificates too.")
    ] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="End an operation that is under way (a drill lifts its fault) first."),
    ] = False,
    yes: Yes = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """End every process of a sandbox, also of one whose start was interrupted. Data stay without --purge.

    Exit 6 while a drill, a switchover or another operation is under way there, unless --force.
    """
    from cluster_cli.opslog import record_in
    from infra.sandbox import contexts
    from infra.sandbox import down as end
    from infra.sandbox.home import paths

    chosen = contexts.existing(name)
    if purge:
        confirm(f"Forget all data of sandbox {chosen!r}?", yes)
    result = end.down(chosen, purge=purge, force=force)
    if not purge:
        record_in(paths(chosen).root, "down", chosen, "ok")
    emit(result, output)
