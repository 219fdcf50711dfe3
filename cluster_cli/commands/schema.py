"""The schema of both databases: plan, apply, compare, document, review, prune."""

from __future__ import annotations

from typing import Annotated

import typer

from cluster_cli.options import ContextName, DryRun, Output, OutputFormat
from cluster_cli.render import emit, say

app = typer.Typer(add_completion=False, no_args_is_help=True)
AllowDrop = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-drop",
        metavar="NAME",
        help="Drop this index, column, table or collection (as `schema diff` names it); may be repeated.",
    ),
]


@app.callback()
def schema() -> None:
    """The schema of both databases."""


@app.command("plan")
def plan(
    allow_drop: AllowDrop = None, context: ContextName = None, output: Output = OutputFormat.TABLE
) -> None:
    """What `schema apply` would do now, step by step; exit 6 when something keeps it from beginning.

    Example: swapctl schema plan
    """
    from cluster_cli.schema.apply import planned
    from infra.context import load_context

    found = planned(load_context(context), frozenset(allow_drop or ()))
    emit(found, output)
    say(f"{len(found)} changes" if found else "nothing to do")


@app.command("apply")
def apply(
    allow_drop: AllowDrop = None,
    context: ContextName = None,
    dry_run: DryRun = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Create what is missing of collections, zones, indexes, validators, migrations and partitions, online.

    Nothing is dropped that is not named. An interrupted run is finished by the next one. `changed` says
    which steps did something (with --dry-run: would do something).

    Example: swapctl schema apply --dry-run
    """
    from cluster_cli.lock import operation
    from cluster_cli.opslog import recorded
    from cluster_cli.schema.apply import apply_schema
    from infra.context import load_context

    ctx, allowed = load_context(context), frozenset(allow_drop or ())
    if dry_run:
        result = apply_schema(ctx, say, allowed=allowed, dry_run=True)
    else:
        with operation(ctx, "schema apply"), recorded(ctx, "schema apply", ctx.name):
            result = apply_schema(ctx, say, allowed=allowed)
    emit(result.steps if output is OutputFormat.TABLE else result, output)


@app.command("diff")
def diff(context: ContextName = None, output: Output = OutputFormat.TABLE) -> None:
    """Every difference between the registry and the live clusters; exit 3 when there is one.

    A change that needs a rewrite or a reshard says so, with the size that has to be copied and an estimate.

    Example: swapctl schema diff -o json | jq '.[].object'
    """
    from cluster_cli.schema.apply import find_differences
    from infra.context import load_context

    found = find_differences(load_context(context))
    emit(found, output)
    if found:
        say(f"{len(found)} differences")
        raise typer.Exit(3)
    say("no difference")
