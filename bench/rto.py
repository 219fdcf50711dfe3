"""Recovery times of drills: median and maximum of several runs, as a Markdown table.

Run: .venv/bin/python -m bench.rto [--runs 5] [--drill NAME ...] [--context C] [--duration 60s] [--out FILE]

Without --drill: the drills whose figures have a goal. The sandbox and this command are all that should run.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.machine import describe
from cluster_cli.drills import faults
from cluster_cli.drills.report.model import DomainReport, Report

SWAPCTL = Path(sys.executable).with_name("swapctl")
DRILLS = (
    "postgres-primary-crash",
    "postgres-switchover",
    "postgres-host-loss",
    "postgres-host-loss-etcd-leader",
    "mongo-primary-crash",
    "mongo-stepdown",
    "mongo-primary-freeze",
    "mongo-shard-loss",
)


@dataclass(frozen=True)
class Figure:
    """What one run measured of one affected domain."""

    drill: str
    domain: str
    verdict: str
    rto: float | None
    gap: float | None
    """None: there is no report."""
    lost: int
    failed: int
    elsewhere: float | None
    """The slowest write on a path that the fault does not hit; None: there is none."""


def figures(report: Report) -> list[Figure]:
    """The figures of a run's affected domains."""
    pairs = (("payments", report.domains.payments), ("social", report.domains.social))
    return [_figure(report, name, domain) for name, domain in pairs if domain is not None and domain.affected]


def missing(drill: str) -> list[Figure]:
    """A run without report, refused or crashed: a run of each domain that did not pass."""
    return [
        Figure(drill, domain, "missing", None, None, 0, 0, None) for domain in faults.drill(drill).domains
    ]


def _figure(report: Report, name: str, domain: DomainReport) -> Figure:
    failed = domain.refused + domain.indeterminate
    protected = domain.by_class.majority.lost + domain.by_class.sync.lost
    return Figure(
        report.drill,
        name,
        report.verdict,
        domain.rto_seconds,
        domain.max_gap_seconds,
        protected,
        failed,
        domain.slowest_unaffected_seconds,
    )


def table(found: Iterable[Figure]) -> str:
    """One row a drill and domain."""
    groups: dict[tuple[str, str], list[Figure]] = {}
    for figure in found:
        groups.setdefault((figure.drill, figure.domain), []).append(figure)
    head = (
        "| drill | domain | passed | RTO median | RTO max | longest pause median | max "
        "| failed attempts, max | slowest write elsewhere | majority and sync writes lost |\n"
        "|---|---|---|---|---|---|---|---|---|---|"
    )
    return "\n".join([head, *(_row(key, rows) for key, rows in groups.items())])


def _row(key: tuple[str, str], rows: Sequence[Figure]) -> str:
    rtos = [row.rto for row in rows if row.rto is not None]
    gaps = [row.gap for row in rows if row.gap is not None]
    never = len(gaps) - len(rtos)
    elsewhere = [row.elsewhere for row in rows if row.elsewhere is not None]
    cells = (
        *key,
        f"{sum(row.verdict == 'pass' for row in rows)} of {len(rows)}",
        _seconds(statistics.median(rtos)) if rtos else "-",
        f"{never} never" if never else _seconds(max(rtos)) if rtos else "-",
        _seconds(statistics.median(gaps)) if gaps else "-",
        _seconds(max(gaps)) if gaps else "-",
        str(max(row.failed for row in rows)),
        _seconds(max(elsewhere)) if elsewhere else "-",
        str(sum(row.lost for row in rows)),
    )
    return f"| {' | '.join(cells)} |"


def _seconds(value: float) -> str:
    return f"{value:.2f} s"


def page(found: Iterable[Figure], machine: str, runs: int, duration: str) -> str:
    """The table with what it needs to be read: docs/recovery-times.md, which README quotes."""
    return f"""# Recovery times

Written by `make bench` (`python -m bench.rto --out FILE`). Machine: {machine}; both clusters are on it.
Planned changes are timed from the command, faults from their proof. Each drill: {runs} runs of {duration}.

{table(found)}
"""


def one_run(drill: str, seed: int, arguments: Sequence[str]) -> Report | None:
    """One drill in a process of its own; None when it was refused or crashed (its words are on stderr)."""
    call = [str(SWAPCTL), "drill", "run", drill, "--seed", str(seed), "-o", "json", *arguments]
    done = subprocess.run(call, stdout=subprocess.PIPE, text=True, check=False)
    return Report.model_validate(json.loads(done.stdout)) if done.stdout.strip() else None


def main() -> None:
    """Run every drill the wanted number of times on a running cluster and print the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--drill", action="append", default=[])
    parser.add_argument("--context")
    parser.add_argument("--duration", default="60s")
    parser.add_argument("--out", type=Path, help="also write the page to this file")
    chosen = parser.parse_args()
    arguments = ["--duration", chosen.duration]
    arguments += ["--context", chosen.context] if chosen.context else []
    found: list[Figure] = []
    for drill in chosen.drill or DRILLS:
        for seed in range(1, chosen.runs + 1):
            report = one_run(drill, seed, arguments)
            found += figures(report) if report else missing(drill)
    text = page(found, describe(), chosen.runs, chosen.duration)
    print(text, end="")
    if chosen.out is not None:
        chosen.out.write_text(text)


if __name__ == "__main__":
    main()
