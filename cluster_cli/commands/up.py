"""Start a cluster on this machine from a topology."""

from __future__ import annotations

from typing import Annotated

import typer

from cluster_cli.options import Output, OutputFormat, duration
from cluster_cli.render import emit, say

app = typer.Typer(add_completion=False)


@app.command()
def up(
    topology: Annotated[
        str | None,
        typer.Option(
            help="A shipped topology's name, or a YAML file; default: what it had, at first sandbox."
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the sandbox; default: the topology's.")] = None,
    ttl: Annotated[
        str | None, typer.Option(help="End and forget it after this time, such as 1h, also in mid-drill.")
    ] = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Start a cluster on this machine: real engines, TLS, authentication, data that survive down and up.

    A start that fails names the member, shows the end of its log and cleans up; the logs of a first start are
    kept where the error says, until the next `up` that succeeds or `down --purge`.

    Example: swapctl up --topology minimal --name try --ttl 1h
    """
    from cluster_cli.interrupts import terminated_as_interrupt
    from cluster_cli.starting import start, wanted_topology
    from infra.sandbox import orphans, preflight

    seconds = duration(ttl) if ttl is not None else None
    wanted = wanted_topology(topology, name)
    chosen = name or wanted.name
    orphans.sweep(say)
    preflight.check(chosen, wanted)
    with terminated_as_interrupt():
        result = start(chosen, wanted, say, seconds)
    emit(result, output)
    say(f"next: swapctl status --context {chosen}")
