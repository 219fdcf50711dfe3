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
    yes: Yes = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """End every process of a sandbox, also of one whose start was interrupted. Data stay without --purge."""
    from infra.sandbox import contexts
    from infra.sandbox import down as end

    chosen = contexts.existing(name)
    if purge:
        confirm(f"Forget all data of sandbox {chosen!r}?", yes)
    emit(end.down(chosen, purge=purge), output)
