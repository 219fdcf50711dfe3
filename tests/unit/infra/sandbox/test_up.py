"""What `up` decides before it starts anything, and what it writes under its lock."""

from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from app_core.errors import RefusedError
from cluster_cli import bootstrap, doctor
from cluster_cli.commands import cluster
from cluster_cli.waiting import wait_until
from infra.locks import read_holder
from infra.sandbox import contexts, process, state, ttl
from infra.sandbox import up as start
from infra.sandbox.down import down
from infra.sandbox.home import TTL, paths
from infra.sandbox.layout import sandbox_nodes
from infra.sandbox.ports import allocate
from infra.topology import load_topology
from infra.topology.load import parse_topology

MINIMAL = load_topology("minimal")


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("SWAPCTL_HOME", str(tmp_path))


@pytest.fixture
def where():
    made = paths("demo")
    for directory in ("members", "processes"):
        (made.root / directory).mkdir(parents=True)
    made.topology.write_text(MINIMAL.source)
    ports = allocate(sandbox_nodes(MINIMAL), ())
    state.write(made, state.SandboxState("demo", "minimal", ports, state.now(), "running"))
    return made


@pytest.fixture
def formed(monkeypatch):
    """A machine on which every cluster forms at once; what the state said and who held the lock then."""
    seen = {}

    def form(box, clock):
        seen["phase"], seen["holder"] = state.read(box.paths).phase, read_holder(box.paths.lock)

    monkeypatch.setattr(start, "form", form)
    return seen


def ttl_process(where):
    found = process.load(where.record(TTL, TTL))
    assert found is not None
    return found


def test_a_time_to_live_is_armed_under_the_lock_before_the_sandbox_counts_as_running(
    where, formed, monkeypatch
):
    real, seen = ttl.arm, []

    def arm(place, current, seconds):
        seen.append((read_holder(place.lock), state.read(place).phase))
        return real(place, current, seconds)

    monkeypatch.setattr(ttl, "arm", arm)
    try:
        start.up("demo", MINIMAL, time_to_live=3600.0)
        ((holder, phase),) = seen
        assert holder is not None and holder.what == "up demo" and phase == "restarting"
        current = state.read(where)
        assert current is not None and current.phase == "running" and current.ttl_until
        assert ttl_process(where).alive
    finally:
        down("demo", purge=True)


def test_one_that_runs_gets_a_new_time_to_live(where, monkeypatch):
    monkeypatch.setattr(contexts, "is_alive", lambda _: True)
    try:
        assert not start.up("demo", MINIMAL, time_to_live=3600.0).changed
        first = ttl_process(where)
        start.up("demo", MINIMAL, time_to_live=1800.0)
        assert ttl_process(where).alive
        assert wait_until(lambda: not first.alive, 10)  # a signal takes its moment
    finally:
        down("demo", purge=True)


def test_a_sandbox_of_which_only_its_time_to_live_waits_does_not_run(where):
    current = state.read(where)
    assert current is not None
    try:
        ttl.arm(where, current, 3600.0)
        assert not contexts.is_alive(where)
        process.save(where.record("pg1", "patroni"), ttl_process(where))
        assert contexts.is_alive(where)
    finally:
        down("demo", purge=True)


def test_a_bootstrap_of_a_sandbox_that_does_not_run_is_refused_at_once(where, monkeypatch):
    ran, result = [], SimpleNamespace(steps=())
    monkeypatch.setattr(bootstrap, "bootstrap", lambda ctx, _: ran.append(ctx.name) or result)
    refused = CliRunner().invoke(cluster.app, ["bootstrap", "--context", "demo"])
    assert isinstance(refused.exception, RefusedError) and "does not run" in str(refused.exception)
    assert ran == []
    process.save(where.record("pg1", "patroni"), process.myself())
    assert CliRunner().invoke(cluster.app, ["bootstrap", "--context", "demo"]).exit_code == 0
    assert ran == ["demo"]


def test_comments_and_layout_of_a_topology_are_no_difference(where, formed):
    commented = parse_topology(("# größer\n" + MINIMAL.source).encode(), "minimal")
    assert commented.source != MINIMAL.source and commented.equals(MINIMAL)
    assert start.up("demo", commented).changed


def test_another_topology_is_refused_with_the_path_of_its_own(where):
    with pytest.raises(RefusedError, match="made from another topology") as caught:
        start.up("demo", load_topology("quorum"))
    assert f"--topology {where.topology}" in str(caught.value.hint)
    assert not MINIMAL.equals(load_topology("quorum"))


def test_a_copy_of_a_sandbox_is_no_sandbox_and_a_finding(where, monkeypatch):
    copy = where.root.with_name("demo.bak")
    copy.mkdir()
    monkeypatch.setattr(doctor, "_machine", lambda *_: iter(()))
    monkeypatch.setattr(doctor, "_health", lambda _: iter(()))
    assert [place.root.name for place in state.all_paths()] == ["demo"]
    assert contexts.existing(None) == "demo" and contexts.running_names() == []
    (found,) = doctor.findings(MINIMAL, None)
    assert (found.area, found.on) == ("leftover", str(copy))


def test_an_error_about_one_sandbox_is_a_finding_that_names_it(where, monkeypatch):
    def broken(_):
        raise ValueError("no such thing")

    monkeypatch.setattr(doctor, "_health", broken)
    (found,) = doctor._of(where)
    assert (found.on, found.what) == ("demo", "cannot be examined: no such thing")
