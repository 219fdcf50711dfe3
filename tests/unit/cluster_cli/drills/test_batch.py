"""Several drills in a row: whatever ends one of them, the others run, and the worst exit code counts."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest
from pymongo.errors import AutoReconnect

from app_core.errors import RefusedError, TimedOutError, UsageError
from cluster_cli.drills import batch, faults, summary
from cluster_cli.drills.report.model import Report
from cluster_cli.options import OutputFormat
from infra.context import Context

REPORT = Report.model_validate_json((Path(__file__).with_name("reports") / "report-v1.json").read_text())
CTX = cast(Context, cast(Any, SimpleNamespace()))
DRILLS = [faults.drill(name) for name in ("mongo-stepdown", "proxy-loss", "mongo-router-loss")]


def run(
    monkeypatch: pytest.MonkeyPatch, *ends: BaseException | str, output: OutputFormat = OutputFormat.TABLE
) -> tuple[int, list[str]]:
    """Run as many drills as there are ends: an error, or a verdict. The exit code and what was shown."""
    script, shown = iter(ends), list[str]()

    def one(*_: object) -> tuple[Any, Path]:
        end = next(script)
        if isinstance(end, BaseException):
            raise end
        return REPORT.model_copy(update={"verdict": end}), Path("x")

    def show(report: Report, directory: Path, output: OutputFormat) -> None:
        shown.append(report.verdict)
        really_show(report, directory, output)

    really_show = summary.show

    monkeypatch.setattr(batch, "chosen_workloads", lambda *_: ())
    monkeypatch.setattr(batch.runner, "run", one)
    monkeypatch.setattr(batch.summary, "show", show)
    code = batch.run_many(
        CTX,
        DRILLS[: len(ends)],
        seed=1,
        workloads=(),
        seconds=None,
        sabotage=None,
        reports=Path("x"),
        output=output,
    )
    return code, shown


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (psycopg.OperationalError("server closed"), 9, "no verdict: OperationalError: server closed"),
        (AutoReconnect("connection closed"), 9, "no verdict: AutoReconnect: connection closed"),
        (TimedOutError("nobody took over", on="payments"), 9, "no verdict: nobody took over: payments"),
        (RefusedError("the drill does not begin"), 6, "proxy-loss: the drill does not begin"),
        (UsageError("the load does not write there"), 2, "proxy-loss: the load does not write there"),
    ],
)
def test_an_error_ends_one_drill_of_several(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    code: int,
    said: str,
) -> None:
    assert run(monkeypatch, "pass", error, "pass") == (code, ["pass", "pass"])
    assert said in capsys.readouterr().err


def test_a_drill_that_failed_is_worse_than_one_without_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "fail", AutoReconnect("x"), "pass")[0] == 1


def test_the_error_of_a_single_drill_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AutoReconnect):
        run(monkeypatch, AutoReconnect("x"))


@pytest.mark.parametrize("end", [KeyboardInterrupt(), SystemExit(129)])
def test_an_interrupt_ends_them_all(monkeypatch: pytest.MonkeyPatch, end: BaseException) -> None:
    with pytest.raises(type(end)):
        run(monkeypatch, end, "pass")


def test_several_reports_as_json_are_one_list(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "pass", AutoReconnect("x"), "fail", output=OutputFormat.JSON) == (1, [])
    listed = json.loads(capsys.readouterr().out)
    assert [Report.model_validate(entry).verdict for entry in listed] == ["pass", "fail"]


def test_one_report_as_json_is_an_object(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "pass", output=OutputFormat.JSON) == (0, ["pass"])
    assert Report.model_validate_json(capsys.readouterr().out).verdict == "pass"


def test_an_interrupt_leaves_the_list_of_those_that_ended(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run(monkeypatch, "pass", SystemExit(130), "pass", output=OutputFormat.JSON)
    assert len(json.loads(capsys.readouterr().out)) == 1
