"""Documents that a failover rolled back: list them, compare, put back."""

from __future__ import annotations

import contextlib
from typing import Annotated

import typer

from cluster_cli.confirm import confirm
from cluster_cli.options import ContextName, DryRun, Output, OutputFormat, Yes
from cluster_cli.render import emit, say

app = typer.Typer(add_completion=False, no_args_is_help=True)

_FILE_HELP = "A file's id from `rescue list`, or its beginning; default: all."
FileId = Annotated[str | None, typer.Argument(help=_FILE_HELP)]


@app.callback()
def rescue() -> None:
    """Documents that a failover rolled back: acknowledged with w:1, and never on a majority."""


@app.command("list")
def list_files(context: ContextName = None, output: Output = OutputFormat.TABLE) -> None:
    """Every rollback file of the running members, and what has become of its documents.

    Example: swapctl rescue list
    """
    from cluster_cli.rescue.report import summaries
    from cluster_cli.schema.reach import reachable
    from infra.context import load_context

    with reachable():
        found = summaries(load_context(context))
    emit(found, output)
    say(f"{len(found)} rollback files, {sum(f.absent for f in found)} documents absent")


@app.command("show")
def show(
    file: FileId = None,
    limit: Annotated[int, typer.Option(min=1, help="Show so many documents at most.")] = 20,
    context: ContextName = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Rolled-back documents beside what is there now.

    Example: swapctl rescue show members-1-a --limit 5 -o json
    """
    from cluster_cli.rescue.report import rows
    from cluster_cli.schema.reach import reachable
    from infra.context import load_context

    with reachable():
        found = rows(load_context(context), file, limit)
    emit(found, output)


@app.command("replay")
def replay(
    file: FileId = None,
    context: ContextName = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Insert again, with majority, what is still absent. What is there otherwise is never touched.

    A document may be absent because somebody deleted it since: look at `rescue show` first.

    Example: swapctl rescue replay --dry-run
    """
    from cluster_cli.engines.mongodb import mongo_client
    from cluster_cli.lock import operation
    from cluster_cli.opslog import recorded
    from cluster_cli.rescue import replay as run
    from cluster_cli.rescue.report import absent_summary, comparisons
    from cluster_cli.schema.reach import reachable
    from infra.context import load_context

    ctx = load_context(context)
    with reachable(), contextlib.closing(mongo_client(ctx, "root")) as client:
        found = list(comparisons(ctx, client, file))
        absent = absent_summary(found)
        if dry_run or not absent:
            say(f"{sum(a.documents for a in absent)} documents are absent")
            emit(absent, output)
            return
        confirm(f"Insert {sum(a.documents for a in absent)} documents again in {ctx.name}?", yes)
        with operation(ctx, "rescue replay"), recorded(ctx, "rescue replay", file or "all files"):
            result = run(client, found)
    emit(result, output)
