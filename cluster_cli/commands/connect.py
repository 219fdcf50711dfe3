"""Open a shell on a cluster: psql or mongosh."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cluster_cli.options import ContextName

app = typer.Typer(add_completion=False)


class Engine(StrEnum):
    """What to connect to."""

    MONGO = "mongo"
    POSTGRES = "postgres"


@app.command()
def connect(
    engine: Engine,
    admin: Annotated[bool, typer.Option("--admin", help="As administrator, past the pool.")] = False,
    context: ContextName = None,
) -> None:
    """Replace this process by psql or mongosh, connected through the proxies or routers.

    Exit 6 with the install line when the shell is missing. No password in argv.
    """
    from cluster_cli.shells import exec_shell
    from infra.context import load_context

    exec_shell(load_context(context), engine.value, admin=admin)
