"""kill -9 of `up` at any step: the next `down` or `up` leaves no process, port, file or lock behind."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.sandbox import binaries, evidence, ports, process, shared_memory
from infra.sandbox.home import paths
from infra.sandbox.layout import OUTSIDE
from infra.sandbox.state import read
from tests.scenarios.command import SWAPCTL, forget, is_healthy, swapctl

# Progress lines of `up` after which it is killed, and one moment with no line at all.
MOMENTS = (None, "certificates", "processes started")


@pytest.fixture
def name() -> Iterator[str]:
    chosen = f"crash-{secrets.token_hex(3)}"
    yield chosen
    forget(chosen)


def start_and_kill(name: str, moment: str | None) -> None:
    up = subprocess.Popen(
        [SWAPCTL, "up", "--topology", "minimal", "--name", name], stderr=subprocess.PIPE, text=True
    )
    assert up.stderr is not None
    if moment is None:
        wait_for(paths(name).state.exists)
    else:
        assert any(moment in line for line in up.stderr), f"up never said {moment!r}"
    os.kill(up.pid, signal.SIGKILL)
    up.wait()
    up.stderr.close()


def wait_for(condition: object, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    assert callable(condition)
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def taken_ports(name: str) -> dict[str, dict[str, int]]:
    state = read(paths(name))
    return state.ports if state is not None else {}


@pytest.mark.cluster
@pytest.mark.parametrize("moment", MOMENTS)
def test_down_after_a_killed_up_leaves_nothing(name: str, moment: str | None) -> None:
    start_and_kill(name, moment)
    used = taken_ports(name)
    assert swapctl("down", "--purge", "--yes", "--name", name).returncode == 0
    assert process.marked(paths(name).root) == ()
    assert not paths(name).root.exists()
    assert not paths(name).lock.exists()
    assert all(ports.is_free(port) for named in used.values() for port in named.values())


@pytest.mark.cluster
def test_up_after_a_killed_up_comes_up_healthy(name: str) -> None:
    start_and_kill(name, "processes started")
    assert swapctl("up", "--topology", "minimal", "--name", name).returncode == 0
    assert is_healthy(name)


def up_refusing_a_second(name: str) -> None:
    """Bring a sandbox up; another `up` of its name meanwhile is refused with the holder."""
    first = subprocess.Popen([SWAPCTL, "up", "--topology", "minimal", "--name", name], stderr=subprocess.PIPE)
    try:
        wait_for(paths(name).state.exists)
        second = swapctl("up", "--topology", "minimal", "--name", name)
        assert second.returncode == 6
        assert str(first.pid) in second.stderr
    finally:
        first.communicate()
    assert first.returncode == 0


@pytest.mark.cluster
def test_one_up_at_a_time_and_data_survive_down_and_up_and_purge_forgets_them(name: str) -> None:
    before = outside()
    up_refusing_a_second(name)
    environment = json.loads(swapctl("env", "--context", name, "-o", "json").stdout)
    write_both(environment)
    assert swapctl("down", "--name", name).returncode == 0
    assert process.marked(paths(name).root) == ()
    assert swapctl("cluster", "bootstrap", "--context", name).returncode == 6
    assert swapctl("up", "--topology", "minimal", "--name", name).returncode == 0
    assert operations(name) == [("up", "ok"), ("down", "ok"), ("up", "ok")]
    assert read_both(json.loads(swapctl("env", "--context", name, "-o", "json").stdout)) == (1, 1)
    segments = shared_memory.named(paths(name).root)
    assert segments
    assert swapctl("down", "--purge", "--yes", "--name", name).returncode == 0
    assert not paths(name).root.exists()
    assert outside() - before == set()
    assert not segments & shared_memory.unused()


def outside() -> set[Path]:
    """What the object store and PostgreSQL could leave outside the sandbox's directory."""
    places = ((OUTSIDE, "weed*"), (OUTSIDE, "seaweedfs*"), (Path("/dev/shm"), "PostgreSQL*"))
    return {file for directory, pattern in places for file in directory.glob(pattern)}


def operations(name: str) -> list[tuple[str, str]]:
    log = json.loads(swapctl("ops", "log", "--context", name, "-o", "json").stdout)
    return [(entry["what"], entry["result"]) for entry in log]


@pytest.mark.cluster
def test_a_start_that_fails_shows_the_member_s_log_and_keeps_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mongod that tells its version and nothing else."""
    real, broken = binaries.require("mongod"), tmp_path / "mongod"
    broken.write_text(f'#!/bin/sh\n[ "$1" != --version ] || exec {real} --version\necho no way; exit 14\n')
    broken.chmod(0o755)
    monkeypatch.setenv("SWAPCTL_MONGOD", str(broken))
    up = swapctl("up", "--topology", "minimal", "--name", name)
    assert up.returncode == 1, up.stderr
    assert "ended during the start with code 14" in up.stderr and "no way" in up.stderr
    ((_, kept),) = evidence.kept(name)
    assert f"read {kept}" in up.stderr
    assert process.marked(paths(name).root) == () and not paths(name).root.exists()
    assert swapctl("down", "--purge", "--yes", "--name", name).returncode == 0
    assert evidence.kept(name) == [] and not paths(name).lock.exists()


def write_both(environment: dict[str, str]) -> None:
    import psycopg
    from pymongo import MongoClient

    with MongoClient(environment["MONGO_ADMIN_URI"]) as mongo:
        mongo["exchange"]["kept"].insert_one({"_id": 1})
    with psycopg.connect(environment["PG_ADMIN_URI"], autocommit=True) as postgres:
        postgres.execute("CREATE TABLE kept (id int PRIMARY KEY)")
        postgres.execute("INSERT INTO kept VALUES (1)")


def read_both(environment: dict[str, str]) -> tuple[int, int]:
    import psycopg
    from pymongo import MongoClient

    with MongoClient(environment["MONGO_ADMIN_URI"]) as mongo:
        documents = mongo["exchange"]["kept"].count_documents({})
    with psycopg.connect(environment["PG_ADMIN_URI"]) as postgres:
        row = postgres.execute("SELECT count(*) FROM kept").fetchone()
    assert row is not None
    return documents, int(row[0])
