"""What commands can work on: sandboxes, and stacks on AWS by their outputs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from cluster_cli.options import Output, OutputFormat
from cluster_cli.render import emit, say

app = typer.Typer(add_completion=False, no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The context of a stack.", show_default=False)]


@app.callback()
def context() -> None:
    """What commands can work on: sandboxes, and stacks on AWS by their outputs."""


@app.command("list")
def list_(output: Output = OutputFormat.TABLE) -> None:
    """Every sandbox and every stack that was added."""
    from cluster_cli.context_views import all_contexts

    emit(all_contexts(), output)


@app.command()
def show(name: Name, output: Output = OutputFormat.TABLE) -> None:
    """A stack's members: where each is and answers."""
    from cluster_cli.context_views import stack_view

    emit(stack_view(name), output)


@app.command()
def add(
    name: Name,
    outputs: Annotated[
        str, typer.Option("--outputs", help="A file with `pulumi stack output --json`; - is standard input.")
    ] = "-",
    topology: Annotated[
        str | None,
        typer.Option("--topology", help="The topology file that was deployed, unless it is shipped."),
    ] = None,
) -> None:
    """Take a stack's outputs under a name, after they were held against their contract and the topology.

    Example: pulumi stack output --json | swapctl context add production
    """
    from infra.stack_contexts import add as keep

    text = sys.stdin.read() if outputs == "-" else _text(outputs)
    told = keep(name, text, "standard input" if outputs == "-" else outputs, topology)
    say(f"{name}: stack {told.stack}, {len(told.hosts)} hosts, {len(told.members)} members")


@app.command()
def inventory(name: Name) -> None:
    """The stack's hosts as Ansible reads an inventory: groups by role, set, region and zone.

    Example: an executable file `#!/bin/sh` with `exec swapctl context inventory production` is an inventory
    """
    from infra.inventory import ansible_list
    from infra.inventory import inventory as hosts
    from infra.stack_contexts import read

    emit(ansible_list(hosts(read(name))), OutputFormat.JSON)


@app.command()
def remove(name: Name) -> None:
    """Forget a stack's outputs; nothing happens to the stack."""
    from infra.stack_contexts import remove as forget

    forget(name)
    say(f"{name} is forgotten")


def _text(path: str) -> str:
    from app_core.errors import UsageError

    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        hint = "pulumi stack output --json > FILE"
        raise UsageError("cannot read the outputs", on=path, why=why, hint=hint) from None
