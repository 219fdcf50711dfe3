"""The self-contained HTML page of a report: no script, no external file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from cluster_cli.drills.history import History
from cluster_cli.drills.records import CLASSES_OF, Domain
from cluster_cli.drills.report import charts
from cluster_cli.drills.report.charts import Mark, seconds
from cluster_cli.drills.report.model import ClassReport, DomainReport, MemberRole, PromiseReport, Report
from cluster_cli.drills.report.series import Series, series_of
from cluster_cli.drills.sabotage import words_of

HERE = Path(__file__).parent
DOMAINS: tuple[Domain, ...] = ("payments", "social")
LEADS = frozenset({"primary", "leader"})


@dataclass(frozen=True)
class Tile:
    """One figure in large type."""

    label: str
    value: str
    note: str


def page(report: Report, history: History, since: Mapping[Domain, float]) -> str:
    """The page as one HTML text. since: run seconds where each affected domain's RTO is counted from."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["seconds"] = seconds
    return environment.get_template("page.html.j2").render(
        report=report,
        style=Markup((HERE / "style.css").read_text(encoding="utf-8")),
        sabotage_words=words_of(report.sabotage) if report.sabotage else "",
        tiles=tiles(report),
        waterfall=_waterfall(report),
        charts=_charts(report, history, since),
        ledger=_ledger(report),
        pictures=_pictures(report),
        predictions=_predictions(report),
        facts=_facts(report),
    )


def _present(report: Report) -> list[tuple[Domain, DomainReport, PromiseReport]]:
    found: list[tuple[Domain, DomainReport, PromiseReport]] = []
    for name in DOMAINS:
        domain: DomainReport | None = getattr(report.domains, name)
        if domain is not None:
            found.append((name, domain, getattr(report.sla, name)))
    return found


def tiles(report: Report) -> list[Tile]:
    """The figures that a reader looks for first."""
    present = _present(report)
    acked = sum(domain.acked for _, domain, _ in present)
    lost = sum(domain.lost for _, domain, _ in present)
    found = [Tile("acknowledged writes lost", f"{lost} of {acked:,}", "all classes, both domains")]
    for name, domain, promise in present:
        if domain.affected:
            limit = "no promise" if promise.rto is None else f"SLA {promise.rto:g} s"
            value = "never" if domain.rto_seconds is None else seconds(domain.rto_seconds)
            found.append(Tile(f"{name}: writes back after", value, limit))
            found.append(
                Tile(
                    f"{name}: longest pause",
                    seconds(domain.max_gap_seconds),
                    "between two acks of any client",
                )
            )
        elif domain.slowest_unaffected_seconds is not None:
            found.append(
                Tile(
                    f"{name}: slowest write",
                    seconds(domain.slowest_unaffected_seconds),
                    "not hit by the fault",
                )
            )
    return found


def _waterfall(report: Report) -> Markup | None:
    rows = [row for row in _present(report) if row[1].affected]
    return charts.waterfall(rows) if rows and any(fault.landed for fault in report.faults) else None


def _series(report: Report, history: History, span: tuple[float, float]) -> list[Series]:
    found: list[Series] = []
    for name, domain, _ in _present(report):
        paths = {op.path for op in history.ops if op.domain == name}
        for group, hit in ((paths & set(domain.paths), True), (paths - set(domain.paths), False)):
            if group:
                label = name if group == {name} else f"{name}: {', '.join(sorted(group))}"
                found.append(series_of(history.ops, label, name, group, span, affected=hit))
    return sorted(found, key=lambda series: not series.affected)


def _charts(report: Report, history: History, since: Mapping[Domain, float]) -> list[dict[str, Any]]:
    if not history.ops:
        return []
    begin = history.noted("load began") or 0.0
    span = (begin, history.noted("load ended") or history.ops[-1].completed)
    return [
        {
            "label": series.label,
            "affected": series.affected,
            "throughput": charts.throughput(series, span, _marks(report, history, series, since)),
            "latency": charts.latency(series, span, _marks(report, history, series, since)),
        }
        for series in _series(report, history, span)
    ]


def _marks(report: Report, history: History, series: Series, since: Mapping[Domain, float]) -> list[Mark]:
    """The faults and their lifting on every chart, the recovery only on the path it concerns."""
    marks: list[Mark] = []
    for event in history.faults:
        if event.event == "injected":
            marks.append(Mark(event.at, event.fault, "fault"))
        elif event.event == "lifted":
            marks.append(Mark(event.at, "undone", "lifted"))
    domain: DomainReport | None = getattr(report.domains, series.domain)
    if series.affected and domain and domain.interrupted and domain.rto_seconds is not None:
        marks.append(Mark(since[series.domain] + domain.rto_seconds, "writes back", "restored"))
    return marks


def _ledger(report: Report) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for name, domain, promise in _present(report):
        for cls in CLASSES_OF[name]:
            counts: ClassReport = getattr(domain.by_class, cls)
            limit = 0.0 if cls in ("majority", "sync") else promise.rpo
            rows.append(
                {
                    "domain": name,
                    "name": {"w1": "w:1"}.get(cls, cls),
                    **counts.model_dump(exclude={"rpo_seconds", "lost_ids_file"}),
                    "rpo": seconds(counts.rpo_seconds) if counts.lost else "0",
                    "promise": "no promise" if limit is None else f"RPO {limit:g} s" if limit else "no loss",
                    "file": counts.lost_ids_file,
                }
            )
    return rows


def _pictures(report: Report) -> list[tuple[str, list[tuple[str, list[dict[str, Any]]]]]]:
    roles = {member.member: member.role for member in report.before}
    return [
        ("Before the fault", _zones(report.before, {})),
        ("At the end", _zones(report.after, roles)),
    ]


def _zones(members: Sequence[MemberRole], before: dict[str, str]) -> list[tuple[str, list[dict[str, Any]]]]:
    zones: dict[str, list[dict[str, Any]]] = {}
    for member in members:
        zones.setdefault(member.zone, []).append(
            {
                "member": member.member,
                "role": member.role,
                "healthy": member.healthy,
                "lead": member.role in LEADS,
                "moved": before.get(member.member, member.role) != member.role,
            }
        )
    return sorted(zones.items())


def _predictions(report: Report) -> list[dict[str, str]]:
    measured = {name: domain.rto_seconds for name, domain, _ in _present(report)}
    rows: list[dict[str, str]] = []
    for name, prediction in report.predicted.items():
        rto = measured.get(prediction.domain)
        rows.append(
            {
                "name": f"{name}: writes back after",
                "predicted": "no bound" if prediction.seconds is None else seconds(prediction.seconds),
                "measured": "never" if rto is None else seconds(rto),
                "explanation": prediction.explanation,
            }
        )
    return rows


def _facts(report: Report) -> list[tuple[str, str]]:
    return [
        ("run", report.run_id),
        ("context", report.context),
        ("topology", report.topology),
        ("SLA case", report.case),
        ("seed", str(report.seed)),
        ("workloads", ", ".join(report.workloads)),
        ("began", report.started_at),
        ("ended", report.finished_at),
        *report.configuration.items(),
    ]
