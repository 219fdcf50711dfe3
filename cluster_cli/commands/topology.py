"""Deployments as described: list, show, check, derived time-outs, a picture."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cluster_cli.options import Output, OutputFormat
from cluster_cli.render import emit, say

app = typer.Typer(add_completion=False, no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="A shipped topology, or the path of a file.")]


class Picture(StrEnum):
    """The language of a diagram."""

    MERMAID = "mermaid"
    SVG = "svg"


@app.callback()
def topology() -> None:
    """Deployments as described: list, show, check, derived time-outs, a picture."""


@app.command("list")
def list_(output: Output = OutputFormat.TABLE) -> None:
    """The shipped topologies."""
    from cluster_cli.topology_views import summary
    from infra.topology import list_topologies, load_topology

    emit([summary(load_topology(name)) for name in list_topologies()], output)


@app.command()
def show(name: Name = "sandbox", output: Output = OutputFormat.TABLE) -> None:
    """Every member with its place, the segments, versions and promises."""
    from cluster_cli.topology_views import topology_view
    from infra.topology import load_topology

    emit(topology_view(load_topology(name)), output)


@app.command()
def check(
    names: Annotated[
        list[str] | None, typer.Argument(help="Shipped topologies or files; default: all shipped.")
    ] = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Hold topologies against every rule and their own SLA. Exit 2 with all that is wrong.

    Example: swapctl topology check ./mine.yaml
    """
    from cluster_cli.topology_views import summary
    from infra.topology import list_topologies, load_topology

    emit([summary(load_topology(name)) for name in names or list_topologies()], output)
    say("every rule holds, and every promise can be kept")


@app.command()
def timing(name: Name = "sandbox", output: Output = OutputFormat.TABLE) -> None:
    """The time-outs that follow from the SLA, and the worst case of every failure."""
    from cluster_cli.topology_views import timing_view
    from infra.timing import solve
    from infra.topology import load_topology

    found = load_topology(name)
    emit(timing_view(found, solve(found)), output)


@app.command()
def diagram(
    name: Name = "sandbox",
    picture: Annotated[
        Picture, typer.Option("--format", help="The language of the picture.")
    ] = Picture.MERMAID,
) -> None:
    """A picture by region, zone and host, on stdout.

    Example: swapctl topology diagram quorum --format svg > quorum.svg
    """
    from infra.diagrams import mermaid, svg
    from infra.topology import load_topology

    draw = svg if picture is Picture.SVG else mermaid
    print(draw(load_topology(name)), end="")
