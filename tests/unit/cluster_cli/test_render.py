"""One object, three ways to write it."""

import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from pathlib import Path

import pytest
import yaml

from cluster_cli import table
from cluster_cli.options import OutputFormat
from cluster_cli.render import emit, plain, render


class Health(StrEnum):
    OK = "ok"
    DOWN = "down"


@dataclass(frozen=True)
class Member:
    name: str
    health: Health
    lag_seconds: float | None = None
    password: str = field(default="hidden", repr=False)


@dataclass(frozen=True)
class Cluster:
    verdict: str
    members: tuple[Member, ...] = ()


PAIR = (Member("pg1", Health.OK, 0.25), Member("pgsync1", Health.DOWN))


@pytest.mark.parametrize("output", [OutputFormat.JSON, OutputFormat.YAML])
def test_json_and_yaml_carry_the_same_data(output):
    load = json.loads if output is OutputFormat.JSON else yaml.safe_load
    assert load(render(PAIR, output)) == [
        {"name": "pg1", "health": "ok", "lag_seconds": 0.25},
        {"name": "pgsync1", "health": "down", "lag_seconds": None},
    ]


def test_a_list_is_a_table_whose_columns_line_up():
    assert render(PAIR, OutputFormat.TABLE).splitlines() == [
        "NAME     HEALTH  LAG SECONDS",
        "pg1      ok      0.25",
        "pgsync1  down    -",
    ]


def test_a_column_that_says_nothing_is_left_out():
    assert "LAG" not in render([Member("pg1", Health.OK)], OutputFormat.TABLE)


def test_one_object_is_its_fields_and_then_its_tables():
    assert render(Cluster("healthy", PAIR), OutputFormat.TABLE).splitlines()[:3] == [
        "verdict  healthy",
        "",
        "NAME     HEALTH  LAG SECONDS",
    ]


def test_a_result_may_bring_its_own_table_but_not_its_own_json():
    class Own(Cluster):
        def as_table(self):
            return "own words"

    assert render(Own("healthy"), OutputFormat.TABLE) == "own words"
    assert json.loads(render(Own("healthy"), OutputFormat.JSON)) == {"verdict": "healthy", "members": []}


def test_times_are_rfc3339_in_utc():
    paris = datetime(2026, 11, 23, 10, 0, 0, 5000, timezone(timedelta(hours=1)))
    assert plain(paris) == "2026-11-23T09:00:00.005Z"
    assert plain(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00.000Z"
    assert plain(timedelta(minutes=2)) == 120.0


def test_other_values_become_plain():
    assert plain({"path": Path("reports"), Health.OK: {3, 1}}) == {"path": "reports", "ok": [1, 3]}


def test_what_has_no_repr_is_never_written():
    for output in OutputFormat:
        assert "hidden" not in render(PAIR, output)


def test_data_go_to_stdout_and_an_empty_table_is_nothing(capsys):
    emit((), OutputFormat.TABLE)
    emit((), OutputFormat.JSON)
    assert capsys.readouterr() == ("[]\n", "")


def test_colour_needs_a_terminal_and_no_refusal(monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[32mok\x1b[0m" in table.columns(["health"], [["ok"]])
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in table.columns(["health"], [["ok"]])


@pytest.mark.parametrize("output", [OutputFormat.JSON, OutputFormat.YAML])
def test_where_letters_are_lacking_documents_stay_documents(output, monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, "ascii", errors="backslashreplace"))
    emit({"name": "Zo\u00eb"}, output)
    assert yaml.safe_load(raw.getvalue().decode("ascii")) == {"name": "Zo\u00eb"}
