"""On a machine too slow, `up` times out with a sentence that names the member and its log."""

import subprocess
from types import SimpleNamespace

import pytest

from app_core.errors import SwapskillError, TimedOutError
from infra.locks import locked
from infra.sandbox import cleanup, state, up
from infra.sandbox.box import Box
from infra.sandbox.home import paths
from infra.sandbox.layout import sandbox_nodes
from infra.sandbox.nodes import postgres_data
from infra.sandbox.ports import allocate
from infra.topology import load_topology

MINIMAL = load_topology("minimal")


@pytest.fixture
def box(tmp_path, monkeypatch):
    monkeypatch.setenv("SWAPCTL_HOME", str(tmp_path))
    where = paths("demo")
    where.root.mkdir(parents=True)
    monkeypatch.setattr(postgres_data, "_LIMIT_S", 0.05)
    monkeypatch.setattr(postgres_data, "_template", lambda _: tmp_path / "data.tar")
    return Box("demo", MINIMAL, where, allocate(sandbox_nodes(MINIMAL), ()))


def refused(box):
    with pytest.raises(TimedOutError, match="no first data directory within") as caught:
        postgres_data.prepare(box, box.node("pg1"))
    assert caught.value.on == "pg1" and "members/pg1/patroni.log" in str(caught.value)
    return str(caught.value)


def test_a_turn_that_does_not_come(box):
    with locked(box.paths.root / "postgresql-first.lock", "first data directory"):
        assert "'first data directory' by pid" in refused(box)


def test_a_program_that_does_not_end(box, monkeypatch):
    def run(command, **_):
        raise subprocess.TimeoutExpired(command, 0.05)

    monkeypatch.setattr(postgres_data.subprocess, "run", run)
    assert "tar did not end" in refused(box)


@pytest.fixture
def killing(monkeypatch):
    """Kills what each look finds; a look and a kill together take longer than there is time."""

    def killing(box, *looks):
        clock, found = iter([0.0, 1.0, 9.0]), iter(looks)
        monkeypatch.setattr(cleanup, "time", SimpleNamespace(monotonic=clock.__next__))
        monkeypatch.setattr(cleanup.process, "marked", lambda _: next(found, looks[-1]))
        monkeypatch.setattr(cleanup.process, "send", lambda *_: None)
        monkeypatch.setattr(cleanup.process, "wait_gone", lambda *_, **__: ())
        cleanup._kill_all(box.paths)
        return list(found)

    return killing


def test_processes_that_are_gone_when_the_time_is_over_survived_nothing(box, killing):
    assert killing(box, (4711,), ()) == []


def test_processes_that_survive_are_named(box, killing):
    with pytest.raises(SwapskillError, match="survive SIGKILL: demo: pids 4711"):
        killing(box, (4711,))


def test_ports_that_another_up_takes_for_ever(box, monkeypatch):
    monkeypatch.setattr(up, "_PORTS_WAIT_S", 0.05)
    lock = box.paths.root.parent / ".ports.lock"
    with locked(lock, "ports of other"), pytest.raises(TimedOutError, match="'ports of other' by pid"):
        up._take_ports(box.paths, MINIMAL, {})
    assert state.read(box.paths) is None
