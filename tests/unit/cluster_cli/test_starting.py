"""The entry of an `up` in the log of operations."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from app_core.errors import TimedOutError
from cluster_cli import opslog, starting
from infra.sandbox import process, state
from infra.sandbox.home import paths
from infra.topology import load_topology


@pytest.fixture
def where(tmp_path, monkeypatch):
    monkeypatch.setenv("SWAPCTL_HOME", str(tmp_path))
    made = paths("demo")
    (made.root / "processes").mkdir(parents=True)
    return made


@pytest.fixture
def up(where, monkeypatch):
    """Runs `up` that ends with the error, or well; what the log says afterwards."""

    def run(error=None, changed=True):
        def outcome(*_):
            if error is not None:
                raise error
            return SimpleNamespace(changed=changed)

        monkeypatch.setattr(starting, "up", outcome)
        try:
            starting.start("demo", cast(Any, None), lambda _: None, None)
        except BaseException as raised:
            assert raised is error
        found = opslog.entries(cast(Any, SimpleNamespace(state_dir=where.root)))
        return [(entry.what, entry.where, entry.result) for entry in found]

    return run


@pytest.mark.parametrize(
    ("named", "name", "wanted"),
    [
        (None, "demo", "minimal"),
        (None, None, "sandbox"),
        (None, "new", "sandbox"),
        ("quorum", "demo", "quorum"),
    ],
)
def test_a_sandbox_starts_again_with_the_topology_that_it_was_made_with(where, named, name, wanted):
    phase(where, "stopped")
    where.topology.write_text(load_topology("minimal").source)
    assert starting.wanted_topology(named, name).name == wanted


def test_a_topology_that_cannot_be_read_any_more_is_for_up_to_tell(where):
    phase(where, "stopped")
    where.topology.write_text("name: [")
    assert starting.wanted_topology(None, "demo").name == "sandbox"


def phase(where, word):
    state.write(where, state.SandboxState("demo", "minimal", {}, state.now(), word))


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (None, "ok"),
        (TimedOutError("the cluster did not form"), "the cluster did not form"),
        (SystemExit(130), "interrupted"),
        (KeyboardInterrupt(), "interrupted"),
    ],
)
@pytest.mark.parametrize("word", ["stopped", "restarting", "running"])
def test_the_start_of_one_that_was_ended_is_recorded_whatever_becomes_of_it(where, up, word, error, result):
    phase(where, word)
    assert up(error) == [("up", "demo", result)]


def test_a_first_start_is_recorded_when_it_has_ended_well(where, up):
    assert up(TimedOutError("the cluster did not form")) == []
    phase(where, "starting")
    assert up(TimedOutError("the cluster did not form")) == []
    assert up() == [("up", "demo", "ok")]


def test_one_that_runs_was_not_started(where, up):
    phase(where, "running")
    process.save(where.record("pg1", "main"), process.myself())
    assert up(changed=False) == []
