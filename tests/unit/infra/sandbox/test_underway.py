"""`down` beside an operation: refused with its name, or that ends first; a dead one does not count."""

import subprocess
import sys
import threading

import pytest

from app_core.errors import RefusedError, SwapskillError
from cluster_cli.lock import operation
from infra.locks import locked, read_holder
from infra.sandbox import contexts, state, ttl, underway
from infra.sandbox.down import down
from infra.sandbox.holding import hold
from infra.sandbox.home import paths
from infra.sandbox.layout import sandbox_nodes
from infra.sandbox.platform import SandboxPlatform
from infra.sandbox.ports import allocate
from infra.topology import load_topology

# As a drill does, it leaves a trace of having ended tidily.
HOLDER = """
import signal, sys, time, pathlib
from infra.locks import locked
where = pathlib.Path(sys.argv[1])
for name in sys.argv[2:]:
    signal.signal(getattr(signal, name), signal.SIG_IGN)
with locked(where / "operation.lock", "drill x"):
    try:
        print("held", flush=True)
        time.sleep(60)
    finally:
        (where.parent.parent / "undone").touch()
"""


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SWAPCTL_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def where():
    """A sandbox that counts as running, of which nothing runs."""
    made, topology = paths("demo"), load_topology("minimal")
    made.root.mkdir(parents=True)
    made.topology.write_text(topology.source)
    ports = allocate(sandbox_nodes(topology), ())
    state.write(made, state.SandboxState("demo", "minimal", ports, state.now(), "running"))
    return made


@pytest.fixture
def held(where):
    """Starts another process that holds the operation lock, deaf to the given signals."""
    started = []

    def hold(*deaf):
        argv = [sys.executable, "-c", HOLDER, str(where.root), *deaf]
        started.append(subprocess.Popen(argv, stdout=subprocess.PIPE, text=True))
        assert started[-1].stdout.readline() == "held\n"
        return started[-1]

    yield hold
    for process in started:
        process.kill()
        process.communicate()


def test_down_is_refused_with_the_holder_s_name(where, held):
    holder = held()
    with pytest.raises(RefusedError, match=f"'drill x' by pid {holder.pid}, since 20") as caught:
        down("demo", purge=True)
    assert caught.value.exit_code == 6 and "--force" in str(caught.value.hint)
    assert state.read(where).phase == "running" and holder.poll() is None


def test_a_killed_holder_is_no_obstacle(where, held):
    holder = held()
    holder.kill()
    holder.wait()
    down("demo")
    assert state.read(where).phase == "stopped"


def test_force_ends_the_operation_tidily_first(where, held, home):
    holder = held()
    assert down("demo", purge=True, force=True).purged
    assert (home / "undone").exists() and holder.poll() is not None and not where.root.exists()


def test_one_that_is_deaf_to_the_first_signals_is_killed(held, home, monkeypatch):
    monkeypatch.setattr(underway, "ENDINGS", tuple((number, 0.3) for number, _ in underway.ENDINGS))
    holder = held("SIGINT", "SIGTERM")
    down("demo", force=True)
    assert holder.poll() is not None and not (home / "undone").exists()


def test_a_pid_that_is_another_process_by_now_is_not_signalled(where, held):
    holder = held()
    record = where.operation.read_text()
    ticks = read_holder(where.operation).ticks
    where.operation.write_text(record.replace(str(ticks), str(ticks - 1)))
    with pytest.raises(RefusedError):
        down("demo", force=True)
    assert holder.poll() is None


def test_an_operation_of_this_very_process_does_not_keep_it_from_ending_its_cluster(where):
    with locked(where.operation, "drill x"):
        down("demo", force=True)
    assert state.read(where).phase == "stopped"


def test_no_operation_begins_while_the_sandbox_ends(where):
    ctx = contexts.load("demo")
    with (
        underway.excluded(where, "down demo", force=False),
        pytest.raises(RefusedError, match="down demo"),
        operation(ctx, "drill x"),
    ):
        pass


@pytest.mark.parametrize("phase", ["stopped", "starting"])
def test_no_member_starts_on_a_sandbox_that_does_not_run(where, phase):
    box = contexts.box("demo")
    state.write(where, state.read(where).with_phase(phase))
    with pytest.raises(RefusedError, match=f"does not run: demo: it is {phase}"):
        SandboxPlatform(box).start(box.nodes[0].name)


def test_no_member_starts_on_a_sandbox_that_was_removed(where):
    box = contexts.box("demo")
    down("demo", purge=True)
    with pytest.raises(RefusedError, match="it was removed"):
        SandboxPlatform(box).start(box.nodes[0].name)
    assert not where.root.exists()


def test_at_the_end_of_its_time_a_sandbox_takes_its_operation_along(where, held):
    holder = held()
    ttl.main("demo", 0.0)
    assert holder.poll() is not None and not where.root.exists()


def test_a_command_that_works_on_it_at_that_moment_does_not_make_it_live_for_ever(where, monkeypatch):
    tried = threading.Event()
    monkeypatch.setattr(ttl, "down", lambda *a, **k: tried.set() or down(*a, **k))
    helper = threading.Thread(target=ttl.main, args=("demo", 0.0))
    with hold(where, "up demo"):
        helper.start()
        assert tried.wait(5.0) and helper.is_alive() and where.root.exists()
    helper.join(10.0)
    assert not helper.is_alive() and not where.root.exists()


def test_a_failure_at_the_end_of_its_time_is_no_reason_to_leave_the_sandbox_alone(where, monkeypatch, capsys):
    errors = [OSError(28, "No space left on device"), SwapskillError("processes survive SIGKILL")]

    def failing(*arguments, **options):
        if errors:
            raise errors.pop(0)
        return down(*arguments, **options)

    monkeypatch.setattr(ttl, "down", failing)
    monkeypatch.setattr(ttl, "_FIRST_RETRY_S", 0.01)
    ttl.main("demo", 0.0)
    assert not where.root.exists()
    assert "No space left" in capsys.readouterr().out
