"""Log lines of every engine: times read, merged in order, role changes marked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from app_core.errors import UsageError
from cluster_cli import targets
from cluster_cli.commands.logs import app
from cluster_cli.engines.model import Health, MemberStatus
from cluster_cli.logs import files
from cluster_cli.logs.files import collect, members_of
from cluster_cli.logs.lines import merge, parse
from infra.topology import load_topology

SAMPLES = {
    "mongod": (
        '{"t":{"$date":"2026-11-23T21:00:01.250+00:00"},"s":"I","c":"REPL","id":21331,"ctx":"x",'
        '"msg":"Transition to primary complete; database writes are now permitted"}'
    ),
    "patroni": "2026-11-23 21:00:01,250 INFO: promoted self to leader by acquiring session lock",
    "postgres": "2026-11-23 21:00:01.250 UTC [12] LOG:  selected new timeline ID: 2",
    "etcd": "2026-11-23 21:00:01.250000 I | raft: 8e9e05c52164694d became leader at term 2",
    "weed": "I1123 21:00:01.250000 master.go:1 current node elected leader",
}
WANTED = datetime(2026, 11, 23, 21, 0, 1, 250000, UTC)


@pytest.mark.parametrize("engine", SAMPLES)
def test_time_and_role_change(engine: str) -> None:
    (line,) = parse(engine, [SAMPLES[engine]])
    assert line.at.replace(year=2026) == WANTED
    assert line.role_change


def test_an_ordinary_line_marks_no_role_change() -> None:
    (line,) = parse("pg1", ["2026-11-23 21:00:01.250 UTC [12] LOG:  checkpoint starting: time"])
    assert not line.role_change


def test_local_time_is_turned_into_utc_only_where_no_zone_is_given() -> None:
    local = "2026-11-23 22:00:01,250 INFO: no action"
    stated = "2026-11-23 21:00:01.250 UTC [12] LOG:  ready"
    hour = timedelta(hours=1)
    assert next(parse("a", [local], hour)).at == WANTED
    assert next(parse("a", [stated], hour)).at == WANTED
    assert next(parse("a", ["2026-11-23T23:00:01.250+0200 x"], hour)).at == WANTED


def test_a_line_without_time_continues_the_one_before() -> None:
    lines = list(parse("pg1", ["no time yet", SAMPLES["postgres"], "\tDETAIL: more", ""]))
    assert [line.text for line in lines] == [SAMPLES["postgres"], "\tDETAIL: more"]
    assert lines[1].at == WANTED


def test_json_becomes_words() -> None:
    (line,) = parse("m", [SAMPLES["mongod"]])
    assert line.text == "I REPL Transition to primary complete; database writes are now permitted"


def test_merge_orders_by_time_and_keeps_a_source_in_order() -> None:
    a = list(parse("a", ["2026-11-23 21:00:02 x1", "x2"]))
    b = list(parse("b", ["2026-11-23 21:00:01 y1", "2026-11-23 21:00:03 y2"]))
    assert [line.text.split()[-1] for line in merge([a, b])] == ["y1", "x1", "x2", "y2"]


@pytest.mark.parametrize(
    "text",
    [
        "2026-13-45 10:00:00 is what a client sent",
        "\tDETAIL:  Key (at)=(2026-13-45 10:00:00) exists",
        "\tDETAIL:  Key (at)=(1999-01-01 10:00:00) exists",
        "I0231 10:00:00.000000 x",
        '{"a": [1, "2026-01-01T00:00:00Z"]}',
    ],
)
def test_what_is_no_time_of_the_line_continues_the_one_before(text: str) -> None:
    lines = list(parse("pg1", [SAMPLES["postgres"], text]))
    assert [line.at for line in lines] == [WANTED, WANTED]


@pytest.mark.parametrize(
    "text",
    [
        '{"level":"info","ts":"2026-11-23T21:00:01.250Z","caller":"x","msg":"became leader"}',
        '{"t": "2026-11-23 21:00:01,250", "s": "INFO", "c": "router", "msg": "became leader"}',
    ],
)
def test_json_of_etcd_and_of_the_router(text: str) -> None:
    (line,) = parse("x", [text])
    assert line.at == WANTED and line.role_change


def test_a_day_without_a_year_is_the_last_one_that_was() -> None:
    now = datetime.now(UTC)
    for days in (0, 1, 200, 363):
        at = (now - timedelta(days=days)).replace(microsecond=0)
        (line,) = parse("s3", [f"I{at:%m%d %H:%M:%S}.000000 x"])
        assert line.at == at
    (line,) = parse("s3", ["I0229 10:00:00.000000 x"])
    assert (line.at.month, line.at.day) == (2, 29) and line.at <= now + timedelta(days=1)


def test_a_target_may_be_a_role_or_a_name_and_without_one_all_are_meant(monkeypatch) -> None:
    topology = load_topology("minimal")
    endpoints = {node.name: None for node in topology.nodes()}
    ctx = cast(Any, SimpleNamespace(topology=topology, endpoints=endpoints))
    pg1 = MemberStatus("pg1", "payments", "postgres", "payments", "leader", "a", "h", Health.OK, "running")
    monkeypatch.setattr(targets, "read_cluster", lambda _: SimpleNamespace(members=[pg1]))
    assert members_of(ctx, "payments-primary") == members_of(ctx, "pg1") == ("pg1",)
    assert members_of(ctx, None) == tuple(endpoints)
    with pytest.raises(UsageError, match="did you mean 'pg1'"):
        members_of(ctx, "pg2")


def test_role_changes_can_be_shown_alone(tmp_path: Path, monkeypatch) -> None:
    log = tmp_path / "members" / "pg1" / "patroni.log"
    log.parent.mkdir(parents=True)
    at = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S},123"
    log.write_text(f"{at} INFO: no action\n{at} INFO: promoted self to leader by acquiring session lock\n")
    ctx = SimpleNamespace(state_dir=tmp_path, endpoints={"pg1": None})
    monkeypatch.setattr("infra.context.load_context", lambda _: ctx)
    shown = [CliRunner().invoke(app, words).stdout.count("\n") for words in ([], ["--role-changes"])]
    assert shown == [2, 1]


@pytest.mark.parametrize("wanted", [1, 30, 100])
def test_a_busy_member_s_log_is_read_back_to_the_time_that_was_asked_for(
    tmp_path: Path, monkeypatch, wanted: int
) -> None:
    """A line a minute, with a detail of its own, in a file many times as long as what is read first."""
    monkeypatch.setattr(files, "_FIRST_TAIL_BYTES", 300)
    now = datetime.now(UTC)
    ages = [timedelta(minutes=minutes) for minutes in reversed(range(100))]
    log = tmp_path / "members" / "pg1" / "postgres.log"
    log.parent.mkdir(parents=True)
    log.write_text("".join(f"{now - age:%Y-%m-%d %H:%M:%S.%f} UTC x\n\tDETAIL: y\n" for age in ages))
    lines = collect(cast(Any, SimpleNamespace(state_dir=tmp_path)), ("pg1",), (wanted - 0.5) * 60, None)
    assert [line.text.strip()[-1] for line in lines] == ["x", "y"] * wanted
    assert min(line.at for line in lines) == now - ages[-wanted]


def test_only_the_end_of_a_long_log_is_read(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(files, "_FIRST_TAIL_BYTES", 300)
    log, old = tmp_path / "x.log", datetime.now(UTC) - timedelta(days=1)
    log.write_text(f"{old:%Y-%m-%d %H:%M:%S} UTC x\n" * 1000)
    with log.open("rb") as file:
        files._seek(file, datetime.now(UTC), timedelta(0))
        assert 0 < log.stat().st_size - file.tell() <= 300
        files._seek(file, None, timedelta(0))
        assert file.tell() == 0
