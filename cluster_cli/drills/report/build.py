"""From a run's evidence to its report. Pure."""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from cluster_cli.drills.checks import Finding
from cluster_cli.drills.evidence import Evidence, Promise
from cluster_cli.drills.figures import DomainFigures
from cluster_cli.drills.history import rfc3339
from cluster_cli.drills.ledger import ClassLedger
from cluster_cli.drills.measures.rpo import rpo_seconds
from cluster_cli.drills.records import CLASSES_OF, AckClass, Domain
from cluster_cli.drills.report.charts import seconds
from cluster_cli.drills.report.model import (
    ByClass,
    CheckReport,
    ClassReport,
    DomainReport,
    DomainsReport,
    FaultReport,
    MemberRole,
    PageReport,
    PredictionReport,
    PromiseReport,
    Report,
    RtoPhases,
    SlaReport,
)
from cluster_cli.drills.verdict import NEEDED, Judgement


@dataclass(frozen=True)
class Meta:
    """What the report says about the run beside its figures."""

    case: str
    workloads: tuple[str, ...]
    sabotage: str | None
    finished_at: float
    """Seconds since the epoch."""
    stand_ins: tuple[str, ...]
    labels: Mapping[str, str]
    """Fault -> what must be said about how it was made (`processes killed, peers see resets`)."""
    replay: Sequence[str]
    predicted: Mapping[str, PredictionReport] = field(default_factory=dict[str, PredictionReport])
    configuration: Mapping[str, str] = field(default_factory=dict[str, str])
    before: tuple[MemberRole, ...] = ()
    after: tuple[MemberRole, ...] = ()
    pages: tuple[PageReport, ...] = ()


def build(
    evidence: Evidence,
    figures: Mapping[Domain, DomainFigures],
    findings: Sequence[tuple[str, Finding]],
    judgement: Judgement,
    meta: Meta,
) -> Report:
    """The report of a run."""
    header = evidence.history.header
    domains: dict[Domain, DomainReport] = {
        name: _domain(evidence, name, figure) for name, figure in figures.items()
    }
    return Report(
        run_id=header.run_id,
        drill=header.drill,
        case=meta.case,
        seed=header.seed,
        workloads=meta.workloads,
        sabotage=meta.sabotage,
        verdict=judgement.verdict,
        sentence=sentence(domains, evidence.promises, judgement, proved=evidence.struck),
        reasons=judgement.reasons,
        started_at=rfc3339(header.started_at),
        finished_at=rfc3339(meta.finished_at),
        context=header.context,
        topology=header.topology,
        sla=SlaReport(**{name: _promise(promise) for name, promise in evidence.promises.items()}),
        predicted=dict(meta.predicted),
        stand_ins=meta.stand_ins,
        faults=tuple(_fault(evidence, name, meta.labels.get(name, "")) for name in evidence.faults),
        checks=tuple(CheckReport(name=name, result=f.result, reason=f.reason) for name, f in findings),
        domains=DomainsReport(**domains),
        pages=meta.pages,
        before=meta.before,
        after=meta.after,
        configuration=dict(meta.configuration),
        replay=shlex.join(meta.replay),
    )


def dumps(report: Report) -> str:
    """report.json's text."""
    return json.dumps(report.model_dump(mode="json"), indent=2) + "\n"


def lost_ids_file(domain: Domain, cls: AckClass) -> str:
    """The name of the file that lists a class's lost ids."""
    return f"lost-{domain}-{cls}.txt"


def sentence(
    domains: Mapping[Domain, DomainReport],
    promises: Mapping[Domain, Promise],
    judgement: Judgement,
    *,
    proved: Collection[Domain],
) -> str:
    """The verdict against the SLA in one sentence; a domain without proof has no recovery to speak of."""
    acked = sum(domain.acked for domain in domains.values())
    lost = sum(domain.lost for domain in domains.values())
    parts = [
        f"{name} {_back(domain)} ({_limit(promises.get(name, Promise()).rto)})"
        for name, domain in sorted(domains.items())
        if domain.affected and name in proved
    ]
    promised = any(promises.get(name, Promise()).rto is not None for name in proved)
    end = {
        "pass": "the SLA held" if promised else "the checks passed, nothing was promised",
        "fail": "the SLA did not hold" if _broke_sla(judgement) else "the drill failed",
        "unknown": "this cannot be judged",
        "invalid": "the run proves nothing",
    }[judgement.verdict]
    recovery = ", ".join(parts) or ("no path under test" if proved else "no fault was proved")
    return f"{lost} of {acked:,} acknowledged writes lost{_classes(domains)}; {recovery}: {end}."


def _classes(domains: Mapping[Domain, DomainReport]) -> str:
    """Which classes the losses are of: a lost `w:1` write may be allowed, a lost majority write never is."""
    found = [
        f"{counts.lost} {cls.replace('w1', 'w:1')}"
        for domain in domains.values()
        for cls, counts in domain.by_class
        if counts.lost
    ]
    return f" ({', '.join(found)})" if found else ""


def _broke_sla(judgement: Judgement) -> bool:
    """Whether a reason is about what the SLA promises, not about the rest that a drill checks."""
    about = ("payments:", "social:", "no-lost-acks:")
    return any(reason.startswith(about) and not reason.endswith(NEEDED) for reason in judgement.reasons)


def _back(domain: DomainReport) -> str:
    if domain.rto_seconds is None:
        return "never came back"
    if not domain.interrupted:
        return "never interrupted"
    if domain.rto_seconds == 0:
        return f"back before the proof, longest pause {seconds(domain.max_gap_seconds)}"
    return f"back after {seconds(domain.rto_seconds)}"


def _limit(rto: float | None) -> str:
    return "no promise" if rto is None else f"SLA {rto:g} s"


def _promise(promise: Promise) -> PromiseReport:
    return PromiseReport(rpo=promise.rpo, rto=promise.rto, election=promise.election)


def _domain(evidence: Evidence, name: Domain, figures: DomainFigures) -> DomainReport:
    classes: dict[AckClass, ClassLedger] = {cls: evidence.ledger.of(name, cls) for cls in CLASSES_OF[name]}
    landed = evidence.landed_in(name) or 0.0
    return DomainReport(
        affected=bool(evidence.affected.get(name)),
        paths=tuple(sorted(evidence.affected.get(name, ()))),
        interrupted=figures.rto.interrupted,
        rto_seconds=figures.rto.seconds,
        max_gap_seconds=figures.max_gap,
        election_seconds=figures.election,
        stale_primary_seconds=figures.stale_primary,
        rto_phases=RtoPhases(
            detect=figures.phases.detect,
            elect_or_promote=figures.phases.elect_or_promote,
            route=figures.phases.route,
            first_ack=figures.phases.first_ack,
        ),
        acked=sum(c.acked for c in classes.values()),
        acked_on_affected_path=figures.acked_on_path,
        refused=sum(c.refused for c in classes.values()),
        indeterminate=sum(c.indeterminate for c in classes.values()),
        lost=sum(len(c.lost) for c in classes.values()),
        duplicated=sum(len(c.duplicated) for c in classes.values()),
        phantom=sum(len(c.phantom) for c in classes.values()),
        slowest_unaffected_seconds=figures.slowest_unaffected,
        by_class=ByClass(**{cls: _class(name, cls, c, landed) for cls, c in classes.items()}),
    )


def _class(domain: Domain, cls: AckClass, counts: ClassLedger, landed: float) -> ClassReport:
    return ClassReport(
        acked=counts.acked,
        refused=counts.refused,
        indeterminate=counts.indeterminate,
        lost=len(counts.lost),
        duplicated=len(counts.duplicated),
        phantom=len(counts.phantom),
        rpo_seconds=rpo_seconds(counts.lost, landed),
        lost_ids_file=lost_ids_file(domain, cls) if counts.lost else None,
    )


def _fault(evidence: Evidence, name: str, label: str) -> FaultReport:
    history = evidence.history
    injected, landed = history.event(name, "injected"), history.event(name, "landed")
    lifted = history.event(name, "lifted")
    begun = history.header.started_at
    return FaultReport(
        name=name,
        target=injected.target if injected else "",
        label=label,
        landed=landed is not None,
        landed_at=rfc3339(begun + landed.at) if landed else None,
        evidence=landed.evidence if landed else "",
        undone=lifted is not None,
        undone_by=lifted.by if lifted else None,
        undone_at=rfc3339(begun + lifted.at) if lifted else None,
    )
