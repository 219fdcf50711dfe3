"""Fail parts of a cluster under load and prove the SLA."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Annotated

import typer

from cluster_cli.options import ContextName, Output, OutputFormat, duration
from cluster_cli.render import emit, say

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.command("list")
def list_drills(output: Output = OutputFormat.TABLE) -> None:
    """Every drill: what it does, the SLA's case that it tests, the sabotages that it knows."""
    from cluster_cli.drills.summary import rows

    emit(rows(), output)


@app.command()
def run(
    name: Annotated[str | None, typer.Argument(help="A drill's name (see drill list).")] = None,
    all_drills: Annotated[bool, typer.Option("--all", help="Every drill, one after the other.")] = False,
    length: Annotated[
        str | None,
        typer.Option("--duration", help="Load before plus after the fault; default 20 s each or longer."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="For the random choices; printed in the report.")] = None,
    workload: Annotated[
        list[str] | None,
        typer.Option(help="Workloads to run; default: payments and the topology's segments."),
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Directory for the run's report.")] = None,
    sabotage: Annotated[
        str | None, typer.Option(help="Break a promise on purpose: the drill must turn red.")
    ] = None,
    context: ContextName = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Load, one proven fault, recovery, read-back of every acknowledged write, report.

    -o json prints report.json, with --all one list of them.
    Exit 0 pass, 1 fail, 9 unknown or invalid, 6 refused by a pre-check, 2 wrong call.
    """
    from cluster_cli.drills.batch import run_many, selected
    from infra.context import load_context

    drills = selected(name, all_drills=all_drills)
    seconds = duration(length) if length is not None else None
    raise typer.Exit(
        run_many(
            load_context(context),
            drills,
            seed=random.randrange(2**31) if seed is None else seed,
            workloads=tuple(workload or ()),
            seconds=seconds,
            sabotage=sabotage,
            reports=report,
            output=output,
        )
    )


@app.command()
def report(
    run_id: Annotated[
        str, typer.Argument(metavar="RUN", help="A run's id, its directory, or latest.")
    ] = "latest",
    output: Output = OutputFormat.TABLE,
) -> None:
    """The report of a finished run."""
    from cluster_cli.drills import store
    from cluster_cli.drills.summary import show

    found, directory = store.load(run_id)
    show(found, directory, output)


@app.command()
def history(output: Output = OutputFormat.TABLE) -> None:
    """All finished runs on this machine, oldest first."""
    from cluster_cli.drills import store

    emit(store.history(), output)


@app.command()
def undo(context: ContextName = None, output: Output = OutputFormat.TABLE) -> None:
    """Lift the faults that a killed drill left behind; exit 1 names those that could not be lifted."""
    from app_core.errors import SwapskillError
    from cluster_cli.drills.runner import undo_all
    from cluster_cli.lock import operation
    from infra.context import load_context

    ctx = load_context(context)
    with operation(ctx, "drill undo"):
        tried = undo_all(ctx, say)
    emit(tried, output)
    left = [entry.fault for entry in tried if entry.result != "ok"]
    if left:
        raise SwapskillError(
            "still armed", on=", ".join(left), hint=f"swapctl drill undo --context {ctx.name}"
        )
    say(f"{len(tried)} fault(s) lifted" if tried else "nothing to undo")
