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
        typer.Option("-o", "--output", help="dotenv, json, or github (lines for $GITHUB_ENV)."),
    ] = EnvFormat.DOTENV,
) -> None:
    """MONGO_URI, MONGO_ADMIN_URI, PG_URI, PG_ADMIN_URI, S3_ENDPOINT and the paths of their certificates.

    In a step of GitHub Actions: swapctl env -o github >> "$GITHUB_ENV"; the commands that mask the secrets go
    to stderr, which the runner reads as well.

    Example: set -a; eval "$(swapctl env)"; set +a
    """
    from cluster_cli.environment import masks, rendered, variables
    from infra.context import load_context

    found = variables(load_context(context))
    if output is EnvFormat.GITHUB:
        typer.echo(masks(found), nl=False, err=True)
    typer.echo(rendered(found, output.value), nl=False)
