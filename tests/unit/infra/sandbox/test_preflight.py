"""Preflight lists all that is wrong at once, each with its cure."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app_core.errors import RefusedError
from cluster_cli.waiting import wait_until
from infra.sandbox import binaries, listeners, machine, preflight, process, state, usage, versions
from infra.sandbox.home import TTL, SandboxPaths, paths
from infra.sandbox.spec import ProcessSpec
from infra.topology import load_topology

TOPOLOGY = load_topology("sandbox")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    # not tmp_path: its long name would exceed a socket's limit
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)
        _ready_machine(directory, monkeypatch)
        yield directory


def _ready_machine(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWAPCTL_HOME", str(directory))
    monkeypatch.setattr(preflight, "unprivileged_user", lambda: None)
    monkeypatch.setattr(binaries, "find", lambda *_: Path("/bin/sh"))
    monkeypatch.setattr(versions, "problems", lambda _: iter(()))


def whats() -> list[str]:
    return [problem.what for problem in preflight.problems("demo", TOPOLOGY)]


def test_a_ready_machine_has_no_problem() -> None:
    assert whats() == []
    preflight.check("demo", TOPOLOGY)


def test_all_problems_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "find", lambda *_: None)
    monkeypatch.setattr(machine, "_available_memory_mib", lambda: 100)
    found = preflight.problems("demo", TOPOLOGY)
    assert {p.on for p in found} >= {
        "etcd",
        "haproxy",
        "pgbouncer",
        "pgbackrest",
        "tini",
        "mongod",
        "memory",
    }
    assert all(p.cure for p in found)
    with pytest.raises(RefusedError) as caught:
        preflight.check("demo", TOPOLOGY)
    assert caught.value.exit_code == 6
    assert "apt-get install haproxy" in str(caught.value)


def test_little_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: type("U", (), {"free": 2**20})())
    assert any("MiB of disk" in what for what in whats())


def test_few_open_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.resource, "getrlimit", lambda _: (256, 256))
    assert any("open files" in what for what in whats())


def test_no_avx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "bundled_mongod", lambda: Path("/bin/sh"))
    monkeypatch.setattr(machine, "_cpu_flags", lambda: {"sse2"})
    assert any("AVX" in what for what in whats())


def test_wrong_architecture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "bundled_mongod", lambda: Path("/bin/sh"))
    monkeypatch.setattr(machine.platform, "machine", lambda: "aarch64")
    assert any("x86_64" in what for what in whats())


def test_long_socket_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWAPCTL_HOME", str(tmp_path / ("x" * 100)))
    assert any("107" in what for what in whats())


def test_noexec(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "_is_noexec", lambda _: True)
    assert any("noexec" in what for what in whats())


def test_a_full_disk_is_cured_by_giving_up_a_sandbox(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: type("U", (), {"free": 2**20})())
    (found,) = machine.disk(())
    assert str(home) in found.cure and "--purge" not in found.cure
    (home / "sandboxes" / "old").mkdir(parents=True)
    (found,) = machine.disk(())
    assert "swapctl down --purge --name old" in found.cure


@pytest.mark.parametrize(
    ("phase", "looked_at"), [("stopped", True), ("running", True), ("restarting", True), ("starting", False)]
)
def test_ports_of_a_sandbox_of_which_nothing_lives(phase: str, looked_at: bool) -> None:
    where = paths("demo")
    (where.root / "processes").mkdir(parents=True)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        ports = {"pg1": {"postgres": other.getsockname()[1]}}
        state.write(where, state.SandboxState("demo", "sandbox", ports, state.now(), phase))
        assert any("is taken by another program" in what for what in whats()) == looked_at
        with waiting(where, TTL):
            assert any("is taken by another program" in what for what in whats()) == looked_at
        with waiting(where, "pg1"):
            assert whats() == []


@contextlib.contextmanager
def waiting(where: SandboxPaths, member: str) -> Iterator[None]:
    """A process of the member that has started: what it holds of the machine does not change any more."""
    log = where.root / "log"
    log.unlink(missing_ok=True)
    code = "import time; print('started', flush=True); time.sleep(60)"
    spec = ProcessSpec("main", (sys.executable, "-c", code), log)
    popen = process.spawn(spec, where.root, process.marks_of(where.root, member), None)
    try:
        assert wait_until(lambda: "started" in log.read_text(), 30)
        yield
    finally:
        popen.kill()
        popen.wait()


@pytest.fixture
def full_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_available_memory_mib", lambda: 0)
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: type("U", (), {"free": 0})())


def test_one_that_runs_needs_no_room_and_one_that_does_not_needs_it(full_machine: None) -> None:
    where = paths("demo")
    (where.root / "processes").mkdir(parents=True)
    state.write(where, state.SandboxState("demo", "sandbox", {}, state.now(), "running"))
    assert {problem.on for problem in preflight.problems("demo", TOPOLOGY)} >= {"memory"}
    process.save(where.record("pg1", "main"), process.myself())
    assert whats() == []
    state.write(where, state.SandboxState("demo", "sandbox", {}, state.now(), "restarting"))
    assert len(whats()) == 2


def test_what_members_of_a_killed_start_hold_counts_as_free(
    full_machine: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = paths("demo")
    where.root.mkdir(parents=True)
    with waiting(where, "pg1"):
        held = usage.memory_mib(process.marked(where.root))
        assert held > 0
        monkeypatch.setattr(machine, "MEMORY_MIB", {})
        monkeypatch.setattr(machine, "MEMORY_OTHER_MIB", held)
        node = TOPOLOGY.nodes()[0]
        assert [p.on for p in preflight._room("demo", (node, node))][:1] == ["memory"]
        monkeypatch.setattr(machine, "MEMORY_OTHER_MIB", max(held // 2, 1))
        assert "memory" not in [p.on for p in preflight._room("demo", (node,))]


def test_disk_that_the_sandbox_takes_already_need_not_be_free(monkeypatch: pytest.MonkeyPatch) -> None:
    root, node = paths("demo").root, TOPOLOGY.nodes()[0]
    monkeypatch.setattr(machine, "_GROWTH_MIB", 10)
    monkeypatch.setattr(machine, "DISK_OTHER_MIB", 3)
    monkeypatch.setattr(machine, "DISK_MIB", {})
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: type("U", (), {"free": 11 * 2**20})())
    assert [p.what for p in preflight._room("demo", (node,))] == ["11 MiB of disk are free, 13 are needed"]
    (root / "members").mkdir(parents=True)
    (root / "members" / "data").write_bytes(b"x" * 2 * 2**20)
    assert list(preflight._room("demo", (node,))) == []
    (root / "members" / "data").write_bytes(b"x" * 20 * 2**20)
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: type("U", (), {"free": 9 * 2**20})())
    assert [p.what for p in preflight._room("demo", (node,))] == ["9 MiB of disk are free, 10 are needed"]


@pytest.fixture
def taken() -> Iterator[int]:
    """A port of the stopped sandbox `demo` that this process listens on."""
    where = paths("demo")
    (where.root / "processes").mkdir(parents=True)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ports = {"pg1": {"postgres": port}}
        state.write(where, state.SandboxState("demo", "sandbox", ports, state.now(), "stopped"))
        yield port


def test_the_cure_of_a_taken_port_names_who_listens_before_what_forgets_data(taken: int) -> None:
    (found,) = preflight.problems("demo", TOPOLOGY)
    assert found.cure.startswith(f"kill {os.getpid()} ends python")
    assert found.cure.endswith("which forgets its data, swapctl down --purge --name demo")


def test_a_listener_of_another_user_is_root_s_to_name(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listeners, "_sockets_of", lambda _: set())
    (found,) = preflight.problems("demo", TOPOLOGY)
    assert found.cure.startswith(f"as root: ss -ltnp 'sport = :{taken}'") and "--purge" in found.cure


def test_a_listener_that_is_a_member_of_a_sandbox_elsewhere_ends_with_that(
    taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = b"SWAPCTL_SANDBOX=/elsewhere/sandboxes/other"
    monkeypatch.setattr(process, "_environment", lambda pid: [mark] if pid == os.getpid() else [])
    (found,) = preflight.problems("demo", TOPOLOGY)
    assert found.cure.startswith("SWAPCTL_HOME=/elsewhere swapctl down --name other; or")


def close(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    """Make it a directory in which this user may not write."""
    may, closed = os.access, (directory, os.W_OK | os.X_OK)
    monkeypatch.setattr(
        preflight.os, "access", lambda path, mode, **more: (path, mode) != closed and may(path, mode, **more)
    )


def test_a_state_directory_that_is_not_writable(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    close(monkeypatch, home)
    (found,) = preflight.problems("demo", TOPOLOGY)
    assert (found.what, found.on) == ("the state directory is not writable", str(home))
    assert found.cure == "export SWAPCTL_HOME=DIRECTORY"


def test_a_directory_of_sockets_that_is_not_writable(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    close(monkeypatch, Path("/tmp"))
    (found,) = preflight.problems("demo", TOPOLOGY)
    assert (found.on, found.cure) == ("/tmp", "as root: chmod 1777 /tmp")


@pytest.mark.parametrize(
    ("user", "sudo", "wanted"),
    [(0, None, ""), (1000, "/usr/bin/sudo", "sudo "), (1000, None, "as root: ")],
)
def test_who_installs_a_package(
    monkeypatch: pytest.MonkeyPatch, user: int, sudo: str | None, wanted: str
) -> None:
    monkeypatch.setattr(binaries, "find", lambda name, *_: None if name == "tini" else Path("/bin/sh"))
    monkeypatch.setattr(binaries.os, "geteuid", lambda: user)
    monkeypatch.setattr(binaries.shutil, "which", lambda _: sudo)
    found = list(machine.programs(TOPOLOGY))
    assert [(problem.on, problem.cure) for problem in found] == [("tini", f"{wanted}apt-get install tini")]


def test_state_of_a_newer_version(home: Path) -> None:
    state = home / "sandboxes" / "demo" / "sandbox.json"
    state.parent.mkdir(parents=True)
    state.write_text('{"version": 99}')
    assert any("newer" in what for what in whats())


def test_directory_that_the_database_user_cannot_pass(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.chmod(0o700)
    monkeypatch.setattr(preflight, "unprivileged_user", lambda: "nobody")
    assert any("cannot pass" in what for what in whats())
