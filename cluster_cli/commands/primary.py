"""Name the primary of every replica set and of payments."""

from __future__ import annotations

from dataclasses import dataclass

import typer

from cluster_cli.options import ContextName, Output, OutputFormat
from cluster_cli.render import emit, say

app = typer.Typer(add_completion=False)


@dataclass(frozen=True)
class Primary:
    """The first member of one group, None when there is none."""

    group: str
    primary: str | None
    zone: str | None
    term: int | None


@app.command()
def primary(context: ContextName = None, output: Output = OutputFormat.TABLE) -> None:
    """The primary of every shard, config servers, payments and etcd. Exit 3 when one is missing."""
    from cluster_cli.engines.model import PRIMARY_KINDS, PRIMARY_ROLES
    from cluster_cli.status import read_cluster
    from infra.context import load_context

    members = [m for m in read_cluster(load_context(context)).members if m.kind in PRIMARY_KINDS]
    found: dict[str, Primary] = {m.group: Primary(m.group, None, None, None) for m in members}
    for m in members:
        if m.serves and m.role in PRIMARY_ROLES:
            found[m.group] = Primary(m.group, m.member, m.zone, m.term or m.timeline)
    emit(list(found.values()), output)
    missing = [group for group, item in found.items() if item.primary is None]
    if missing:
        say("no primary: " + ", ".join(missing))
        raise typer.Exit(3)
