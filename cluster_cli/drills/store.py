"""Where finished runs are kept: a directory a run, and one index of all runs on this machine."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from app_core.errors import UsageError, nearest
from cluster_cli.drills.evidence import Evidence
from cluster_cli.drills.records import Domain
from cluster_cli.drills.report.build import dumps, lost_ids_file
from cluster_cli.drills.report.model import Report
from cluster_cli.drills.report.page import page
from cluster_cli.drills.report.schema import validated
from infra.credentials import write_private
from infra.sandbox.home import home

INDEX = "drills.jsonl"


@dataclass(frozen=True)
class Entry:
    """One finished run."""

    run_id: str
    drill: str
    verdict: str
    sentence: str
    finished_at: str
    directory: str


def default_reports() -> Path:
    """Where reports go without `--report`: they outlive the cluster."""
    return home() / "reports"


def save(report: Report, evidence: Evidence, directory: Path) -> Path:
    """Write report.json (validated), report.html and the lists of lost ids; the JSON file's path."""
    text = dumps(report)
    validated(text, origin=report.run_id)
    path = directory / "report.json"
    write_private(path, text)
    since: dict[Domain, float] = {domain: struck.since for domain, struck in evidence.struck.items()}
    write_private(directory / "report.html", page(report, evidence.history, since))
    for (domain, cls), ledger in evidence.ledger.classes.items():
        if ledger.lost:
            lines = "".join(f"{lost.target} {lost.value}\n" for lost in ledger.lost)
            write_private(directory / lost_ids_file(domain, cls), lines)
    _remember(report, directory)
    return path


def _remember(report: Report, directory: Path) -> None:
    entry = Entry(
        report.run_id,
        report.drill,
        report.verdict,
        report.sentence,
        report.finished_at,
        str(directory.resolve()),
    )
    home().mkdir(parents=True, exist_ok=True)
    descriptor = os.open(home() / INDEX, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(json.dumps(asdict(entry)) + "\n")


def history() -> tuple[Entry, ...]:
    """All finished runs on this machine, oldest first; a line that a crash cut short is left out."""
    path = home() / INDEX
    if not path.exists():
        return ()
    found: list[Entry] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            found.append(Entry(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return tuple(found)


def load(run: str) -> tuple[Report, Path]:
    """The report of a run by its id, its directory, or `latest`. Raises UsageError when there is none."""
    directory = _directory(run)
    path = directory / "report.json"
    try:
        return validated(path.read_text(encoding="utf-8"), origin=str(path)), directory
    except OSError as error:
        raise UsageError(
            "the report cannot be read", on=str(path), why=error.strerror, hint="swapctl drill history"
        ) from None


def _directory(run: str) -> Path:
    entries = history()
    known = {entry.run_id: Path(entry.directory) for entry in entries}
    if run == "latest" and entries:
        return Path(entries[-1].directory)
    if run in known:
        return known[run]
    if (Path(run) / "report.json").is_file():
        return Path(run)
    raise UsageError("unknown run", on=run, why=nearest(run, known), hint="swapctl drill history")
