"""A sandbox whose state cannot be read stands in no other's way, and is named wherever it would be listed."""

import pytest
from typer.testing import CliRunner

from app_core.errors import RefusedError, UsageError
from cluster_cli import doctor
from cluster_cli.commands import context as context_commands
from infra.sandbox import contexts, state, up
from infra.sandbox.home import paths
from infra.sandbox.layout import sandbox_nodes
from infra.sandbox.ports import allocate
from infra.topology import load_topology

DAMAGED = ["{", "[]", '{"version": 99}']


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("SWAPCTL_HOME", str(tmp_path))
    state._tell.cache_clear()
    good, topology = paths("good"), load_topology("minimal")
    good.root.mkdir(parents=True)
    good.topology.write_text(topology.source)
    ports = allocate(sandbox_nodes(topology), ())
    state.write(good, state.SandboxState("good", "minimal", ports, state.now(), "stopped"))


@pytest.fixture(params=DAMAGED)
def bad(request):
    paths("bad").root.mkdir()
    paths("bad").state.write_text(request.param)


def test_the_others_are_found_and_it_is_told_once_in_one_line(bad, caplog):
    assert list(state.all_states()) == list(state.all_states()) == ["good"]
    (record,) = caplog.records
    assert "bad" in record.getMessage() and "try: " in record.getMessage()
    assert "\n" not in record.getMessage()


def test_a_named_one_is_loaded_without_a_word_about_the_other(bad, caplog):
    assert contexts.load("good").name == "good"
    assert not caplog.records


def test_the_unreadable_one_itself_is_an_error_and_not_unknown(bad):
    with pytest.raises(RefusedError) as caught:
        contexts.load("bad")
    assert caught.value.hint
    with pytest.raises(UsageError, match="did you mean 'bad'"):
        contexts.load("bd")


def test_without_a_name_the_error_is_about_what_runs(bad):
    with pytest.raises(UsageError, match="no sandbox is running"):
        contexts.load(None)


def test_a_list_of_contexts_goes_on(bad):
    done = CliRunner().invoke(context_commands.app, ["list"])
    assert done.exit_code == 0 and "good" in done.output


def test_a_first_up_is_refused_since_its_ports_are_not_known(bad):
    new = paths("new")
    new.root.mkdir()
    with pytest.raises(RefusedError, match="bad"):
        up._take_ports(new, load_topology("minimal"), {})
    assert not new.state.exists()


def test_doctor_names_it_with_a_cure(bad):
    (found,) = doctor._leftovers(paths("bad"))
    assert (found.area, found.on) == ("leftover", "bad") and found.cure
    assert list(doctor._leftovers(paths("good"))) == []
