"""What runs is what `up` chose: the caller's environment changes neither a label nor a member's program."""

import json

import pytest

from infra.sandbox import binaries, contexts, machine, state, up
from infra.sandbox.home import paths
from infra.sandbox.nodes import mongod, router
from infra.topology import load_topology

TOPOLOGY = load_topology("sandbox")


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """A machine on which a mongod is found and no mongos; makes further programs."""
    monkeypatch.setenv("SWAPCTL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.delenv("SWAPCTL_MONGOS", raising=False)

    def program(name):
        (tmp_path / name).touch(mode=0o755)
        return str(tmp_path / name)

    monkeypatch.setenv("SWAPCTL_MONGOD", program("mongod-a"))
    return program


def brought_up(name="demo"):
    """The sandbox as `up` writes it down."""
    where, existing = paths(name), state.read(paths(name))
    made = up._prepare(where, TOPOLOGY, existing)
    state.write(where, state.read(where).with_phase("stopped"))
    return made


def run_by(box):
    """The first word of a mongod's and of a router's command."""
    nodes = (mongod.plan(box, box.node("members-1-b")), router.plan(box, box.node("router-a")))
    return [(plan.processes[0].name, plan.processes[0].argv[0]) for plan in nodes]


def test_a_mongos_in_the_caller_s_environment_takes_no_label_away(programs, monkeypatch):
    made = brought_up()
    monkeypatch.setenv("SWAPCTL_MONGOS", programs("mongos"))
    monkeypatch.setenv("SWAPCTL_MONGOD", programs("mongod-b"))
    later = contexts.box("demo")
    assert contexts.stand_ins(later) == contexts.stand_ins(made) == ("router",)
    assert run_by(later) == run_by(made) and run_by(later)[1][0] == "stand-in"


def test_a_mongos_that_runs_stays_what_it_is_without_the_variable(programs, monkeypatch):
    monkeypatch.setenv("SWAPCTL_MONGOS", programs("mongos"))
    brought_up()
    monkeypatch.delenv("SWAPCTL_MONGOS")
    later = contexts.box("demo")
    assert contexts.stand_ins(later) == ()
    assert run_by(later)[1] == ("mongos", programs("mongos"))


def test_another_up_chooses_anew(programs, monkeypatch):
    brought_up()
    monkeypatch.setenv("SWAPCTL_MONGOS", programs("mongos"))
    monkeypatch.setenv("SWAPCTL_MONGOD", programs("mongod-b"))
    brought_up()
    later = contexts.box("demo")
    assert contexts.stand_ins(later) == ()
    assert [argv for _, argv in run_by(later)] == [programs("mongod-b"), programs("mongos")]


def test_a_state_file_of_version_1_is_read_and_programs_are_looked_for(programs, monkeypatch):
    brought_up()
    where = paths("demo")
    raw = json.loads(where.state.read_text())
    del raw["programs"]
    where.state.write_text(json.dumps({**raw, "version": 1}))
    assert contexts.stand_ins(contexts.box("demo")) == ("router",)
    monkeypatch.setenv("SWAPCTL_MONGOS", programs("mongos"))
    assert contexts.stand_ins(contexts.box("demo")) == ()
    state.write(where, state.read(where) or pytest.fail("there is no state"))
    assert json.loads(where.state.read_text())["version"] == state.STATE_VERSION


def test_only_what_the_topology_runs_is_written_down(programs):
    chosen = machine.chosen_programs(load_topology("minimal"))
    assert chosen["mongod"].endswith("mongod-a") and "mongos" not in chosen


@pytest.mark.parametrize("override", ["./mongod", "~/mongod"])
def test_a_program_is_found_from_every_directory(programs, monkeypatch, tmp_path, override):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    wanted = programs("mongod")
    monkeypatch.setenv("SWAPCTL_MONGOD", override)
    assert str(binaries.find("mongod")) == wanted
