"""The table of recovery times: a run that gave no report is a run that did not pass."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench import rto

REPORT = (Path(__file__).parents[1] / "cluster_cli" / "drills" / "reports" / "report-v1.json").read_text()


def row(text: str, domain: str) -> list[str]:
    """The cells of a domain's row."""
    cells = ([cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines())
    return next(found for found in cells if len(found) > 1 and found[1] == domain)


def test_a_refused_run_is_counted_and_not_passed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    passed = rto.Report.model_validate_json(REPORT)
    assert passed.verdict == "pass"
    reports = iter([passed, None, passed])
    monkeypatch.setattr(rto, "one_run", lambda *_: next(reports))
    monkeypatch.setattr(sys, "argv", ["rto", "--runs", "3", "--drill", passed.drill])
    rto.main()
    text = capsys.readouterr().out
    for domain in ("payments", "social"):
        assert row(text, domain)[2] == "2 of 3"
        assert row(text, domain)[3].endswith(" s")


def test_where_no_run_gave_a_report_there_is_no_figure() -> None:
    text = rto.table([*rto.missing("mongo-stepdown"), *rto.missing("mongo-stepdown")])
    assert row(text, "social") == ["mongo-stepdown", "social", "0 of 2", "-", "-", "-", "-", "0", "-", "0"]


def test_a_path_that_never_came_back_is_not_a_missing_run() -> None:
    never = rto.Figure("mongo-stepdown", "social", "fail", None, 30.0, 0, 4, None)
    cells = row(rto.table([never, *rto.missing("mongo-stepdown")]), "social")
    assert cells[2:7] == ["0 of 2", "-", "1 never", "30.00 s", "30.00 s"]
