"""What the drill commands print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cluster_cli.drills import faults
from cluster_cli.drills.records import FaultEvent
from cluster_cli.drills.report.build import dumps
from cluster_cli.drills.report.model import Report
from cluster_cli.options import OutputFormat
from cluster_cli.render import emit, say


@dataclass(frozen=True)
class Row:
    """One drill in the list."""

    name: str
    domains: str
    case: str
    does: str
    expect: str
    sabotages: str


def rows() -> list[Row]:
    """Every drill, by name."""
    return [
        Row(
            drill.name,
            ", ".join(drill.domains),
            drill.case,
            drill.help,
            drill.expect,
            ", ".join(drill.sabotages),
        )
        for drill in faults.drills()
    ]


def aftermath(events: Sequence[FaultEvent], armed: Sequence[str], context: str) -> str:
    """What an interrupted drill leaves behind, in one sentence; `armed`: the faults that are not lifted."""
    if armed:
        undo = f"swapctl drill undo --context {context}"
        return f"interrupted: {', '.join(armed)} not lifted: {undo}"
    lifted = [event.fault for event in events if event.event == "lifted"]
    return f"interrupted: {', '.join(lifted)} lifted" if lifted else "interrupted: no fault was applied"


def show_all(reports: Sequence[Report], output: OutputFormat) -> None:
    """Several runs' report.json as one list."""
    emit([report.model_dump(mode="json") for report in reports], output)


def show(report: Report, directory: Path, output: OutputFormat) -> None:
    """report.json on stdout, or the verdict in one sentence with its reasons and the page's path."""
    if output is OutputFormat.JSON:
        print(dumps(report), end="", flush=True)
        return
    if output is OutputFormat.YAML:
        emit(report.model_dump(mode="json"), output)
        return
    print(f"{report.verdict.upper()}: {report.sentence}")
    for reason in report.reasons:
        print(f"  {reason}")
    print(f"report: {directory / 'report.html'}", flush=True)
    if report.verdict != "pass":
        say(f"again: {report.replay}")
