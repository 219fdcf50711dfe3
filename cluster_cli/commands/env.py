"""Print the connection strings of a cluster."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cluster_cli.options import ContextName

app = typer.Typer(add_completion=False)


class EnvFormat(StrEnum):
    """How the variables are printed."""

    DOTENV = "dotenv"
    JSON = "json"
    GITHUB = "github"


@app.command()
def env(
    context: ContextName = None,
    output: Annotated[
        EnvFormat,
        typer.Option("-o", "--output", help="dotenv, json, or github ($GITHUB_ENV lines, secrets masked)."),
    ] = EnvFormat.DOTENV,
) -> None:
    """MONGO_URI, MONGO_ADMIN_URI, PG_URI, PG_ADMIN_URI, S3_ENDPOINT and the paths of their certificates.

    Example: set -a; eval "$(swapctl env)"; set +a
    """
    from cluster_cli.environment import rendered, variables
    from infra.context import load_context

    typer.echo(rendered(variables(load_context(context)), output.value), nl=False)
