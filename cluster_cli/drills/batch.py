"""One drill or several, one after the other, with one exit code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app_core.errors import RefusedError, UsageError
from cluster_cli.drills import faults, runner, store, summary
from cluster_cli.drills import workloads as load_kinds
from cluster_cli.drills.faults import Drill
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
    """Run the drills; the worst exit code. A single refused drill raises; one of several is skipped."""
    codes: list[int] = []
    for drill in drills:
        request = Request(drill, seed, chosen_workloads(ctx, workloads), seconds, sabotage)
        try:
            report, directory = runner.run(ctx, request, reports or store.default_reports(), say)
        except (RefusedError, UsageError) as error:
            if len(drills) == 1:
                raise
            say(f"{drill.name}: {error}")
            codes.append(error.exit_code)
            continue
        summary.show(report, directory, output)
        codes.append(EXIT_CODES[report.verdict])
    return max(codes, key=lambda code: SEVERITY.index(code) if code in SEVERITY else len(SEVERITY))


def chosen_workloads(ctx: Context, chosen: Sequence[str]) -> tuple[str, ...]:
    """The chosen workloads, each once, or the built-in ones whose domain the topology has."""
    for name in chosen:
        load_kinds.factory(name)
    if chosen:
        return tuple(dict.fromkeys(chosen))
    payments = ("payments",) if ctx.topology.payments is not None else ()
    social = tuple(sorted(ctx.topology.social.segments)) if ctx.topology.social is not None else ()
    return (*payments, *(name for name in social if name in load_kinds.names()))
