"""The state directory of somebody else is refused by a sentence, wherever a command looks there first."""

import contextlib
import os
from pathlib import Path

import pytest

from app_core.errors import RefusedError
from cluster_cli import failures
from cluster_cli.drills import store
from infra import stack_contexts
from infra.sandbox import contexts, orphans, preflight, state
from infra.sandbox.home import home, paths
from infra.topology import load_topology

# read as the user to whom the clone belongs, whose home may be closed to others
TOPOLOGY = load_topology("minimal")
LOOKS = {
    "state": lambda: list(state.all_paths()),
    "contexts": lambda: contexts.existing(None),
    "paths": lambda: paths("demo"),
    "sweep": lambda: orphans.sweep(lambda _: None),
    "preflight": lambda: preflight.check("demo", TOPOLOGY),
    "history": store.history,
    "stacks": stack_contexts.names,
}


@contextlib.contextmanager
def plain_user():
    """For root: another user for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture(params=["above", "itself", "sandboxes"])
def foreign(request, tmp_path, monkeypatch):
    """A state directory that may not be looked into, because of one of the directories on the way."""
    chosen = tmp_path / "above" / "itself"
    (chosen / "sandboxes").mkdir(parents=True)
    monkeypatch.setenv("SWAPCTL_HOME", str(chosen))
    (closed,) = (d for d in (chosen.parent, chosen, chosen / "sandboxes") if d.name == request.param)
    for directory in tmp_path.parents:
        if directory.stat().st_uid == os.geteuid() and Path("/tmp") in directory.parents:
            directory.chmod(0o755)
    tmp_path.chmod(0o755)
    closed.chmod(0o711 if closed.name == "sandboxes" and os.geteuid() == 0 else 0o000)
    yield chosen
    closed.chmod(0o755)


@pytest.mark.parametrize("look", LOOKS)
def test_each_look_is_refused_with_the_path_and_a_way_out(foreign, look):
    with plain_user(), pytest.raises(RefusedError) as caught:
        LOOKS[look]()
    assert caught.value.exit_code == 6 and str(foreign) in str(caught.value)
    assert caught.value.hint == "export SWAPCTL_HOME=DIRECTORY"


def test_an_error_is_told_although_there_is_no_place_for_its_traceback(foreign, capsys):
    with plain_user():
        assert failures.report(KeyError("oops"), [], False) == 1
    assert "the same with --debug" in capsys.readouterr().err


def test_a_directory_that_is_not_there_yet_is_no_obstacle(tmp_path, monkeypatch):
    monkeypatch.setenv("SWAPCTL_HOME", str(tmp_path / "new"))
    assert home() == tmp_path / "new" and list(state.all_paths()) == []
