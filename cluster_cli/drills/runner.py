"""Runs a drill: pre-checks and lock, then load, fault, recovery, read-back, judgement, report."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app_core.errors import RefusedError, SwapskillError, UsageError
from cluster_cli import opslog
from cluster_cli.drills import armed as armory
from cluster_cli.drills import faults as catalogue
from cluster_cli.drills import gather, prechecks, store
from cluster_cli.drills.drive import observe
from cluster_cli.drills.faults._actions import can
from cluster_cli.drills.faults._fault import Target
from cluster_cli.drills.history import Clock, Recorder
from cluster_cli.drills.judgement import judged
from cluster_cli.drills.plan import RunPlan
from cluster_cli.drills.records import FaultEvent, Header
from cluster_cli.drills.report.model import Report
from cluster_cli.drills.run_state import Request, Run
from cluster_cli.drills.site import PATIENCE_S, Site
from cluster_cli.drills.summary import aftermath
from cluster_cli.drills.workloads import factory
from cluster_cli.drills.workloads.base import Workload, paths_of
from cluster_cli.engines.model import ClusterStatus
from cluster_cli.interrupts import terminated_as_interrupt
from cluster_cli.lock import operation
from cluster_cli.status import read_cluster
from infra.context import Context
from infra.topology import Topology

Say = Callable[[str], None]


@dataclass(frozen=True)
class Admitted:
    """What the pre-checks found: the run may begin."""

    status: ClusterStatus
    targets: list[Target]
    workloads: list[Workload]


def new_run_id(drill: str) -> str:
    """A run's id: sorts by time, unique also within a second."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{drill}-{secrets.token_hex(2)}"


def run(ctx: Context, request: Request, reports: Path, say: Say) -> tuple[Report, Path]:
    """Run a drill to its end and save its report; the report and the run's directory.

    Raises RefusedError (6) with every reason before anything is touched, UsageError (2) for a sabotage
    that the drill does not declare, a load that does not write where the fault hits, or a report directory
    that cannot be written.
    """
    check_sabotage(request)
    check_writable(reports)
    with (
        operation(ctx, f"drill {request.drill.name}"),
        opslog.recorded(ctx, f"drill run {_words(request)}", ctx.name) as outcome,
    ):
        site = Site(ctx)
        status, targets = _admit(ctx, site, request)
        hit = frozenset(p for target in targets for paths in target.affected.values() for p in paths)
        plan = RunPlan(new_run_id(request.drill.name), request.seed, request.sabotage, under_test=hit)
        workloads = [factory(name)(ctx, plan) for name in request.workloads]
        check_domains(ctx.topology, workloads)
        check_load(request, targets, workloads)
        directory = reports / plan.run_id
        directory.mkdir(mode=0o700)
        with terminated_as_interrupt():  # the faults are lifted on the way out
            admitted = Admitted(status, targets, workloads)
            report, saved = _execute(ctx, request, plan, directory, admitted, say)
        outcome.words = "ok" if report.verdict == "pass" else report.verdict
        return report, saved


def _words(request: Request) -> str:
    sabotage = f" --sabotage {request.sabotage}" if request.sabotage is not None else ""
    return f"{request.drill.name} --seed {request.seed}{sabotage}"


def check_sabotage(request: Request) -> None:
    """UsageError unless the drill declares the sabotage."""
    if request.sabotage is not None and request.sabotage not in request.drill.sabotages:
        known = ", ".join(request.drill.sabotages) or "none"
        raise UsageError(
            "the drill does not know this sabotage",
            on=f"{request.drill.name} --sabotage {request.sabotage}",
            why=f"it declares: {known}",
            hint="swapctl drill list",
        )


def check_domains(topology: Topology, workloads: Sequence[Workload]) -> None:
    """UsageError unless the topology has the domain of every workload."""
    for workload in workloads:
        if getattr(topology, workload.domain) is None:
            raise UsageError(
                f"the topology has no {workload.domain} domain",
                on=f"--workload {workload.name}",
                why=f"{topology.name} is without it",
                hint="leave --workload out: what the topology has is then written",
            )


def check_load(request: Request, targets: Sequence[Target], workloads: Sequence[Workload]) -> None:
    """UsageError unless some client writes to an affected path of every domain that the faults hit."""
    left = prechecks.unwritten(targets, paths_of(workloads))
    if left:
        raise UsageError(
            "the load does not write where the drill hits",
            on=f"{request.drill.name} --workload {' --workload '.join(request.workloads)}",
            why="no client writes to " + "; ".join(left),
            hint="leave --workload out: payments and the topology's segments are then written",
        )


def check_writable(reports: Path) -> None:
    """UsageError unless a file can be made in the report directory (which is created)."""
    probe = reports / f".writable-{os.getpid()}"
    try:
        reports.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UsageError(
            "the report directory cannot be written",
            on=str(reports),
            why=error.strerror,
            hint="--report with a directory that is yours to write",
        ) from None


def _admit(ctx: Context, site: Site, request: Request) -> tuple[ClusterStatus, list[Target]]:
    """The pre-checks; RefusedError with every reason."""
    drill = request.drill
    status = _settled(ctx)
    missing = [need for need in drill.needs if not can(ctx.platform, need)]
    left = [entry.fault for entry in armory.all_armed(ctx)]
    reasons = prechecks.refusals(status, drill, missing, left)
    if not reasons:
        rng = RunPlan("", request.seed).random("aim")
        targets = [fault.aim(site, rng) for fault in drill.faults]
        reasons = prechecks.too_wide(drill, targets, ctx.topology)
        if not reasons:
            return status, targets
    raise RefusedError(
        "the drill does not begin", on=drill.name, why="; ".join(reasons), hint="swapctl status"
    )


def _settled(ctx: Context) -> ClusterStatus:
    """The cluster's state; an unhealthy one is read again for a while: a busy host only answers late."""
    status = read_cluster(ctx)
    if status.healthy:
        return status
    _, later = gather.wait_healthy(ctx, PATIENCE_S)
    return later or status


def _execute(
    ctx: Context,
    request: Request,
    plan: RunPlan,
    directory: Path,
    admitted: Admitted,
    say: Say,
) -> tuple[Report, Path]:
    clock = Clock()
    header = Header(
        plan.run_id, request.drill.name, request.seed, clock.started_at, ctx.name, ctx.topology.name
    )
    current = Run(
        ctx=ctx,
        request=request,
        plan=plan,
        directory=directory,
        clock=clock,
        recorder=Recorder(directory / "history.jsonl", header),
        workloads=admitted.workloads,
        targets=admitted.targets,
        promises=gather.promises(ctx.topology, request.drill),
        before=admitted.status,
    )
    try:
        observed = observe(current, say)
    except (KeyboardInterrupt, SystemExit):
        left = [entry.fault for entry in armory.all_armed(ctx)]
        say(aftermath([r for r in current.recorder.records if isinstance(r, FaultEvent)], left, ctx.name))
        raise
    finally:
        current.recorder.close()
    report, evidence = judged(current, observed)
    store.save(report, evidence, directory)
    return report, directory


@dataclass(frozen=True)
class Undone:
    """What became of one armed fault. `result`: `ok`, or the error's words."""

    fault: str
    members: str
    result: str


def undo_all(ctx: Context, say: Say) -> tuple[Undone, ...]:
    """Try to lift every armed fault that a drill left behind; one that cannot be lifted stays armed."""
    site = Site(ctx)
    return tuple(_undone(ctx, site, entry, say) for entry in armory.all_armed(ctx))


def _undone(ctx: Context, site: Site, entry: armory.Armed, say: Say) -> Undone:
    say(f"undoing {entry.fault} on {entry.target.words}")
    try:
        catalogue.fault(entry.fault).undo(site, entry.target, entry.memo)
        entry.forget()
        result = "ok"
    except Exception as error:  # whatever is wrong with one, the others are still to be lifted
        result = str(error) if isinstance(error, SwapskillError) else f"{type(error).__name__}: {error}"
    opslog.record(ctx, f"drill undo {entry.fault}", entry.target.words, result)
    return Undone(entry.fault, entry.target.words, result)
