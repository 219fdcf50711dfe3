"""A purge that is killed leaves a whole sandbox or none, and the next command finishes it."""

import os

import pytest

from app_core.errors import RefusedError, SwapskillError
from cluster_cli import doctor
from infra.sandbox import cleanup, contexts, orphans, state
from infra.sandbox.down import down
from infra.sandbox.home import paths
from infra.sandbox.layout import sandbox_nodes
from infra.sandbox.ports import allocate
from infra.sandbox.up import up
from infra.topology import load_topology

MINIMAL = load_topology("minimal")
FILES = ("members/pg1/data/PG_VERSION", "members/shard/data/WiredTiger", "topology.yaml", "sandbox.json")


class Killed(BaseException):
    """Where the process would be gone."""


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("SWAPCTL_HOME", str(tmp_path))


@pytest.fixture
def where():
    made = paths("demo")
    for file in FILES[:2]:
        (made.root / file).parent.mkdir(parents=True)
        (made.root / file).touch()
    made.topology.write_text(MINIMAL.source)
    ports = allocate(sandbox_nodes(MINIMAL), ())
    state.write(made, state.SandboxState("demo", "minimal", ports, state.now(), "stopped"))
    return made


def kill_purge(monkeypatch, after):
    """Purge, killed when it has done so many steps of the file system."""
    with monkeypatch.context() as patch:
        steps = iter(range(after))
        for name in ("rename", "unlink", "rmdir"):
            real = getattr(os, name)

            def step(*arguments, real=real, **options):
                if next(steps, None) is None:
                    raise Killed
                return real(*arguments, **options)

            patch.setattr(os, name, step)
        with pytest.raises(Killed):
            down("demo", purge=True)


def is_whole(where):
    return all((where.root / file).exists() for file in FILES)


def leftovers():
    return [f for where in state.all_paths() for f in doctor._of(where)] + list(doctor._half_purged(None))


@pytest.mark.parametrize("steps", range(12))
def test_at_any_step_there_is_a_whole_sandbox_or_none(where, monkeypatch, steps):
    kill_purge(monkeypatch, steps)
    assert is_whole(where) if where.root.exists() else not any(state.all_paths())
    if not where.root.exists():
        (found,) = leftovers()
        assert found.cure == "swapctl down --purge --name demo"
    assert contexts.existing("demo") == contexts.existing(None) == "demo"
    down("demo", purge=True)
    assert not any(path.name != ".demo.lock" for path in where.root.parent.iterdir()) and leftovers() == []


def test_the_next_command_finishes_it_and_takes_no_other_for_it(where, monkeypatch):
    kill_purge(monkeypatch, 8)
    assert where.purged.exists()
    orphans.sweep(lambda _: None)
    assert not where.purged.exists()


def test_what_cannot_be_removed_is_named_with_the_reason(where, monkeypatch):
    def denied(path, **_):
        raise PermissionError(1, "Operation not permitted", path)

    monkeypatch.setattr(os, "rmdir", denied)
    with pytest.raises(
        SwapskillError, match="cannot be removed: .*purged: Operation not permitted: "
    ) as caught:
        cleanup.purge(where)
    assert str(caught.value.hint).startswith("rm -r ")


def test_data_without_a_state_are_nothing_to_start_on(where):
    where.state.unlink()
    with pytest.raises(RefusedError, match="without a state file") as caught:
        up("demo", MINIMAL)
    assert "down --purge --name demo" in str(caught.value.hint)
    (found,) = leftovers()
    assert found.cure == "swapctl down --name demo --purge"


def test_a_sandbox_without_its_topology_is_refused_with_a_way_out(where):
    where.topology.unlink()
    with pytest.raises(RefusedError, match=r"topology\.yaml") as caught:
        up("demo", MINIMAL)
    assert caught.value.hint == "swapctl down --purge --name demo"
