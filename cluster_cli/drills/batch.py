"""One drill or several, one after the other, with one exit code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app_core.errors import RefusedError, SwapskillError, UnknownResultError, UsageError
from cluster_cli.drills import faults, runner, store, summary
from cluster_cli.drills import workloads as load_kinds
from cluster_cli.drills.faults import Drill
from cluster_cli.drills.report.model import Report
from cluster_cli.drills.run_state import Request
from cluster_cli.drills.verdict import EXIT_CODES
from cluster_cli.options import OutputFormat
from cluster_cli.render import say
from infra.context import Context

SEVERITY = (0, 9, 1, 6)
"""Exit codes from best to worst: of several runs the worst one counts."""


def selected(name: str | None, *, all_drills: bool) -> tuple[Drill, ...]:
    """The drills that a call means. Raises UsageError for none, both, or an unknown one."""
    if all_drills and name is not None:
        raise UsageError("name a drill or say --all, not both", hint="swapctl drill list")
    if all_drills:
        return faults.drills()
    if name is None:
        raise UsageError("which drill?", hint="swapctl drill list")
    return (faults.drill(name),)


def run_many(
    ctx: Context,
    drills: Sequence[Drill],
    *,
    seed: int,
    workloads: Sequence[str],
    seconds: float | None,
    sabotage: str | None,
    reports: Path | None,
    output: OutputFormat,
) -> int:
    """Run the drills; the worst exit code. One drill's error is raised, of several it is said and counted.

    Several results as JSON or YAML are one list, written when the last drill or an interrupt has ended them.
    """
    chosen, codes, finished = chosen_workloads(ctx, workloads), list[int](), list[Report]()
    listed = len(drills) > 1 and output is not OutputFormat.TABLE
    try:
        for drill in drills:
            request = Request(drill, seed, chosen, seconds, sabotage)
            try:
                report, directory = runner.run(ctx, request, reports or store.default_reports(), say)
            except Exception as error:  # whatever ended one drill, the others are still to be run
                if len(drills) == 1:
                    raise
                codes.append(_said(drill, error))
                continue
            codes.append(EXIT_CODES[report.verdict])
            finished.append(report)
            if not listed:
                summary.show(report, directory, output)
    finally:
        if listed:
            summary.show_all(finished, output)
    return max(codes, key=lambda code: SEVERITY.index(code) if code in SEVERITY else len(SEVERITY))


def _said(drill: Drill, error: Exception) -> int:
    """Say what ended a drill before its verdict; its exit code: unknown, unless nothing was touched."""
    if isinstance(error, (RefusedError, UsageError)):
        say(f"{drill.name}: {error}")
        return error.exit_code
    words = str(error) if isinstance(error, SwapskillError) else f"{type(error).__name__}: {error}"
    say(f"{drill.name}: no verdict: {words.strip()}")
    return UnknownResultError.exit_code


def chosen_workloads(ctx: Context, chosen: Sequence[str]) -> tuple[str, ...]:
    """The chosen workloads, each once, or the built-in ones whose domain the topology has."""
    for name in chosen:
        load_kinds.factory(name)
    if chosen:
        return tuple(dict.fromkeys(chosen))
    payments = ("payments",) if ctx.topology.payments is not None else ()
    social = tuple(sorted(ctx.topology.social.segments)) if ctx.topology.social is not None else ()
    return (*payments, *(name for name in social if name in load_kinds.names()))
