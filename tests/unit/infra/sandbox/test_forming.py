"""Members start beside the bootstrap: in which order, what ends a start, what never starts any more."""

import subprocess
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from app_core.errors import SwapskillError, TimedOutError
from infra.sandbox import forming
from infra.sandbox.members import Started
from infra.sandbox.phases import Clock
from infra.sandbox.spec import ProcessSpec
from infra.topology import load_topology


class Popen:
    """A process that never ends, or has ended."""

    def __init__(self, code=None):
        self.returncode = code

    def poll(self):
        return self.returncode


@pytest.fixture
def stage(monkeypatch):
    """Four members that start at once, and a bootstrap that the test ends."""
    play = SimpleNamespace(
        started=[], may_end=threading.Event(), popen=Popen, result=SimpleNamespace(steps=())
    )
    nodes = [SimpleNamespace(name=f"m{n}", kind="mongod-shard") for n in range(4)]

    def start(box, plan):
        play.started.append(plan.name)
        spec = ProcessSpec("mongod", (), Path("/nonexistent/mongod.log"))
        return [Started(plan.name, spec, play.popen())]

    def bootstrap(context, progress):
        play.may_end.wait(5)
        return play.result

    monkeypatch.setattr(forming.members, "plan_of", lambda box, node: node)
    monkeypatch.setattr(forming.members, "materialize", lambda box, plan: None)
    monkeypatch.setattr(forming.members, "start", start)
    monkeypatch.setattr(forming.contexts, "context_of", lambda box: None)
    monkeypatch.setattr(forming, "bootstrap_function", lambda: bootstrap)
    play.box = SimpleNamespace(nodes=nodes)
    return play


def test_what_takes_longest_starts_first_and_proxies_last():
    kinds = [node.kind for node in forming.in_order(load_topology("sandbox").nodes())]
    assert kinds[0] == "postgres"
    assert set(kinds[-2:]) == {"proxy"}
    assert kinds.index("etcd") < kinds.index("mongod-config") < kinds.index("mongod-shard")


def test_the_phases_name_the_processes_and_the_steps(stage):
    stage.result = SimpleNamespace(steps=(SimpleNamespace(name="users", seconds=0.5),))
    told = []

    def tell(line):
        told.append(line)
        stage.may_end.set()

    clock = Clock(tell)
    forming.form(stage.box, clock)
    assert sorted(stage.started) == ["m0", "m1", "m2", "m3"]
    assert [phase.name for phase in clock.phases] == ["4 processes started", "bootstrap", "bootstrap: users"]
    assert any("4 processes started" in line for line in told)


def test_a_process_that_dies_ends_the_start_with_its_name_and_code(stage):
    stage.popen = lambda: Popen(14)
    with pytest.raises(SwapskillError, match="ended during the start with code 14"):
        forming.form(stage.box, Clock(lambda _: None))
    stage.may_end.set()


def test_what_keeps_a_member_from_starting_is_raised_and_nothing_starts_afterwards(stage, monkeypatch):
    def broken(box, plan):
        raise SwapskillError("no space left", on=plan.name)

    monkeypatch.setattr(forming.members, "materialize", broken)
    monkeypatch.setattr(forming, "_STARTERS", 1)
    with pytest.raises(SwapskillError, match="no space left"):
        forming.form(stage.box, Clock(lambda _: None))
    stage.may_end.set()
    assert stage.started == []
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("start")]


def test_an_interrupt_leaves_no_thread_that_could_start_a_member(stage, monkeypatch):
    def slow(box, plan):
        time.sleep(0.1)

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(forming.members, "materialize", slow)
    monkeypatch.setattr(forming, "_STARTERS", 1)
    monkeypatch.setattr(forming, "_watch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        forming.form(stage.box, Clock(lambda _: None))
    stage.may_end.set()
    before = list(stage.started)
    time.sleep(0.2)
    assert stage.started == before and len(before) < 4


def test_a_cluster_that_does_not_form_times_out(stage, monkeypatch):
    monkeypatch.setattr(forming, "START_TIMEOUT_S", 0.05)
    with pytest.raises(TimedOutError, match="did not form"):
        forming.form(stage.box, Clock(lambda _: None))
    stage.may_end.set()


def test_the_launcher_reads_yaml_in_c_and_is_harmless_when_imported():
    code = (
        "import yaml, infra.sandbox.nodes.patroni_launch; "
        "print(yaml.SafeLoader is yaml.CSafeLoader, yaml.safe_load('a: [1, 2]'))"
    )
    import sys

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True {'a': [1, 2]}"
