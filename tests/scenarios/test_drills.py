"""Drills on real engines: green where the product keeps its promise, red where it is sabotaged."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cluster_cli.drills import armed, faults
from cluster_cli.drills.report.model import Report
from cluster_cli.status import read_cluster
from cluster_cli.waiting import wait_until
from infra.context import Context

SWAPCTL = Path(sys.executable).with_name("swapctl")
DURATION = ("--duration", "24s")
RED = {
    ("postgres-primary-crash", "async"): "fail",
    ("postgres-sync-standby-loss", "count-cancelled"): "fail",
    ("mongo-w1-rollback", "weak-writes"): "fail",
    ("mongo-primary-crash", "no-idempotency"): "fail",
    ("proxy-loss", "no-idempotency"): "fail",
    ("mongo-router-loss", "no-undo"): "fail",
}


def drill(ctx: Context, reports: Path, *words: str) -> tuple[int, Report]:
    """Run `swapctl drill run WORDS`; its exit code and report."""
    call = [
        str(SWAPCTL),
        "drill",
        "run",
        *words,
        "--context",
        ctx.name,
        "--report",
        str(reports),
        "-o",
        "json",
    ]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    return done.returncode, Report.model_validate(json.loads(done.stdout))


@pytest.fixture
def healthy(sandbox: Context) -> Context:
    """The shared sandbox, whole again after the test before."""
    assert wait_until(lambda: read_cluster(sandbox).healthy, 120, 0.2)
    return sandbox


def losses(report: Report) -> int:
    """Lost writes of the classes that may lose none."""
    payments, social = report.domains.payments, report.domains.social
    assert payments is not None and social is not None
    return payments.by_class.sync.lost + social.by_class.majority.lost


def test_both_primaries_crash_and_no_acknowledged_write_is_lost(healthy: Context, tmp_path: Path) -> None:
    code, report = drill(healthy, tmp_path, "both-primaries-crash", "--seed", "1", "--duration", "30s")
    assert all(fault.landed and fault.undone for fault in report.faults), report.reasons
    assert losses(report) == 0
    assert report.domains.payments and report.domains.payments.acked
    assert code == {"pass": 0, "fail": 1}.get(report.verdict, 9)
    directory = tmp_path / report.run_id
    assert {path.name for path in directory.iterdir()} >= {"report.json", "report.html", "history.jsonl"}


@pytest.mark.full
@pytest.mark.parametrize("name", [d.name for d in faults.drills() if d.name != "both-primaries-crash"])
@pytest.mark.parametrize("seed", ["1", "2"])
def test_every_drill_keeps_its_promise(healthy: Context, tmp_path: Path, name: str, seed: str) -> None:
    code, report = drill(healthy, tmp_path, name, "--seed", seed, "--duration", "40s")
    assert (code, report.verdict) == (0, "pass"), report.reasons


@pytest.mark.full
@pytest.mark.parametrize(("name", "kind"), RED, ids=lambda word: str(word))
def test_a_sabotaged_drill_turns_red(healthy: Context, tmp_path: Path, name: str, kind: str) -> None:
    code, report = drill(healthy, tmp_path, name, "--sabotage", kind, *DURATION)
    assert (report.verdict, code) == (RED[name, kind], 1), report.reasons
    subprocess.run([SWAPCTL, "drill", "undo", "--context", healthy.name], check=True)


@pytest.mark.full
def test_a_killed_drill_leaves_a_fault_that_undo_lifts(healthy: Context, tmp_path: Path) -> None:
    call = [SWAPCTL, "drill", "run", "mongo-shard-loss", *DURATION, "--context", healthy.name]
    process = subprocess.Popen([*call, "--report", str(tmp_path)])
    try:
        assert wait_until(lambda: _injected(healthy), 60, 0.02)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert [entry.fault for entry in armed.all_armed(healthy)] == ["mongo-shard-loss"]
    refused = subprocess.run([*call], capture_output=True, text=True, check=False)
    assert refused.returncode == 6, refused.stderr
    assert subprocess.run([SWAPCTL, "drill", "undo", "--context", healthy.name], check=True).returncode == 0
    assert armed.all_armed(healthy) == ()
    assert wait_until(lambda: read_cluster(healthy).healthy, 120, 0.2)


def _injected(ctx: Context) -> bool:
    return bool(armed.all_armed(ctx)) and not ctx.platform.running("exchange-1-a")


@pytest.mark.parametrize(
    ("words", "code", "named"),
    [
        (("mongo-stepdwn",), 2, "did you mean 'mongo-stepdown'"),
        (("mongo-stepdown", "--sabotage", "async"), 2, "it declares: no-idempotency"),
        (("mongo-stepdown", "--duration", "0"), 2, "above zero"),
        (("mongo-stepdown", "--workload", "exchang"), 2, "did you mean 'exchange'"),
        (("mongo-stepdown", "--report", "/proc/nowhere"), 2, "cannot be written"),
        ((), 2, "which drill?"),
    ],
)
def test_a_wrong_call_starts_nothing(sandbox: Context, words: tuple[str, ...], code: int, named: str) -> None:
    call = [SWAPCTL, "drill", "run", *words, "--context", sandbox.name]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert named in done.stderr
    assert armed.all_armed(sandbox) == ()
