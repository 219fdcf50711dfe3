"""From what a run left behind to its verdict and report."""

from __future__ import annotations

import time

from cluster_cli.drills import checks, gather
from cluster_cli.drills.drive import Observed
from cluster_cli.drills.evidence import Evidence
from cluster_cli.drills.figures import DomainFigures, figures_of
from cluster_cli.drills.history import History
from cluster_cli.drills.ledger import judge
from cluster_cli.drills.records import Domain
from cluster_cli.drills.report.build import Meta, build
from cluster_cli.drills.report.model import Report
from cluster_cli.drills.run_state import Request, Run
from cluster_cli.drills.strike import Strike
from cluster_cli.drills.verdict import Figures, decide
from cluster_cli.engines.model import ClusterStatus


def judged(current: Run, observed: Observed) -> tuple[Report, Evidence]:
    """The evidence, the checks, the verdict, the report."""
    back, strikes = observed.back, observed.strikes
    history = History(tuple(current.recorder.records))
    drill = current.request.drill
    evidence = Evidence(
        history=history,
        back=back,
        ledger=judge(history.ops, back, history.durability),
        affected=current.affected,
        promises=current.promises,
        faults=tuple(fault.name for fault in drill.faults),
        struck=current.struck(),
        ended=history.noted("load ended") or current.clock.now(),
        health=observed.health,
        claims=gather.claims(current.ctx.topology, drill),
        references=observed.references,
        rollback=next((strike.rollback() for strike in strikes if strike.fault.must_lose), None),
    )
    domains: list[Domain] = [d for d in current.promises if any(w.domain == d for w in current.workloads)]
    figures: dict[Domain, DomainFigures] = {
        domain: figures_of(evidence, domain, current.groups.get(domain)) for domain in domains
    }
    findings = checks.run_all(evidence)
    judgement = decide(
        findings,
        {d: _for_verdict(f) for d, f in figures.items() if d in current.affected},
        current.promises,
        # stopped before the proof, a run has failed for that reason: nobody looked for the proof any longer
        unproved=[_unproved(s) for s in strikes if s.landed is None and current.stopped is None],
        barren=barren(evidence, current.request),
        stopped=current.stopped,
    )
    report = build(evidence, figures, findings, judgement, _meta(current, observed.after))
    return report, evidence


def _unproved(strike: Strike) -> str:
    why = f" ({type(strike.error).__name__}: {strike.error})" if strike.error is not None else ""
    return f"{strike.fault.name}{why}"


def barren(evidence: Evidence, request: Request) -> str | None:
    """Why a run that must lose writes proves nothing: it lost none. None when it lost some, or need not."""
    must = any(fault.must_lose for fault in request.drill.faults) or request.sabotage == "async"
    lost = sum(len(ledger.lost) for ledger in evidence.ledger.classes.values())
    return (
        "no acknowledged write was lost, though this run exists to lose some" if must and not lost else None
    )


def _for_verdict(figures: DomainFigures) -> Figures:
    return Figures(figures.acked_on_path, figures.rto.seconds, figures.election)


def replay(request: Request, context: str) -> list[str]:
    """The command that runs the same drill with the same seed on the same cluster again."""
    words = ["swapctl", "drill", "run", request.drill.name, "--context", context, "--seed", str(request.seed)]
    for name in request.workloads:
        words += ["--workload", name]
    if request.duration is not None:
        words += ["--duration", f"{request.duration:g}s"]
    if request.sabotage is not None:
        words += ["--sabotage", request.sabotage]
    return words


def _meta(current: Run, after: ClusterStatus | None) -> Meta:
    request = current.request
    return Meta(
        case=request.drill.case,
        workloads=request.workloads,
        sabotage=request.sabotage,
        finished_at=time.time(),
        stand_ins=current.ctx.stand_ins,
        labels={fault.name: fault.label for fault in request.drill.faults},
        replay=replay(request, current.ctx.name),
        predicted=gather.predictions(current.ctx, request.drill),
        configuration=gather.configuration(current.ctx),
        before=gather.roles(current.before),
        after=gather.roles(after) if after else (),
    )
