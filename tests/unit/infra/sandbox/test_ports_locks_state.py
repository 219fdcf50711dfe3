"""Ports, locks and state: what keeps two sandboxes, or two commands on one, apart."""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from app_core.errors import RefusedError, UsageError
from infra.locks import HeldError, locked, read_holder
from infra.sandbox import ports, state
from infra.sandbox.home import SandboxPaths, check_name
from infra.sandbox.layout import sandbox_nodes
from infra.topology import load_topology

NODES = sandbox_nodes(load_topology("sandbox"))


def flat(chosen: dict[str, dict[str, int]]) -> list[int]:
    return [port for named in chosen.values() for port in named.values()]


def test_every_node_gets_its_ports_and_no_two_share_one() -> None:
    chosen = ports.allocate(NODES, ())
    assert set(chosen) == {node.name for node in NODES}
    assert len(set(flat(chosen))) == len(flat(chosen))
    assert set(chosen["pg1"]) == {"postgres", "rest"}


def test_blocks_do_not_overlap() -> None:
    first = ports.allocate(NODES, ())
    second = ports.allocate(NODES, flat(first))
    assert not set(flat(first)) & set(flat(second))


def test_a_block_with_a_taken_port_is_passed_over() -> None:
    free = flat(ports.allocate(NODES, ()))
    with socket.socket() as taken:
        # as a server does: a connection of an ended sandbox may linger on the port
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((ports.ADDRESS, free[3]))
        taken.listen()
        assert free[3] not in flat(ports.allocate(NODES, ()))


def test_no_block_left_is_refused() -> None:
    with pytest.raises(RefusedError, match="no free block"):
        ports.allocate(NODES, range(65536))


def test_a_lock_names_its_holder_and_ends_with_it(tmp_path: Path) -> None:
    lock = tmp_path / "l"
    with locked(lock, "first"):
        holder = read_holder(lock)
        assert holder is not None
        assert (holder.pid, holder.what) == (os.getpid(), "first")
        with pytest.raises(HeldError), locked(lock, "second"):
            pass
    assert read_holder(lock) is None
    with locked(lock, "third"):
        pass


def test_the_lock_of_a_killed_holder_is_free(tmp_path: Path) -> None:
    code = (
        "import sys,time; from pathlib import Path; from infra.locks import locked\n"
        "with locked(Path(sys.argv[1]), 'victim'):\n    print('held', flush=True); time.sleep(60)"
    )
    lock = tmp_path / "l"
    victim = subprocess.Popen([sys.executable, "-c", code, str(lock)], stdout=subprocess.PIPE)
    assert victim.stdout is not None
    assert victim.stdout.readline() == b"held\n"
    with pytest.raises(HeldError), locked(lock, "mine"):
        pass
    victim.kill()
    victim.wait()
    victim.stdout.close()
    with locked(lock, "mine"):
        pass


def test_a_full_disk_keeps_nobody_from_holding_a_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    lock = tmp_path / "l"
    with locked(lock, "first"):
        assert read_holder(lock) is None
        with pytest.raises(HeldError) as caught, locked(lock, "second"):
            pass
        assert caught.value.holder is None


def test_who_only_looks_is_in_nobody_s_way(tmp_path: Path) -> None:
    lock, code = (
        tmp_path / "l",
        "import sys; from pathlib import Path; from infra.locks import read_holder\n"
        "print('looking', flush=True)\nwhile True: read_holder(Path(sys.argv[1]))",
    )
    lock.touch()
    reader = subprocess.Popen([sys.executable, "-c", code, str(lock)], stdout=subprocess.PIPE)
    try:
        assert reader.stdout is not None and reader.stdout.readline() == b"looking\n"
        for _ in range(500):
            with locked(lock, "mine"):
                pass
    finally:
        reader.kill()
        reader.communicate()


def test_looking_makes_no_file_and_a_dead_holder_s_words_do_not_count(tmp_path: Path) -> None:
    assert read_holder(tmp_path / "none") is None and not (tmp_path / "none").exists()
    (tmp_path / "l").write_text(json.dumps({"pid": os.getpid(), "what": "x", "since": "2026", "ticks": 1}))
    assert read_holder(tmp_path / "l") is None


def test_state_round_trip_and_rights(tmp_path: Path) -> None:
    where = SandboxPaths(tmp_path)
    assert state.read(where) is None
    written = state.SandboxState("demo", "sandbox", {"pg1": {"postgres": 21001}}, state.now())
    state.write(where, written)
    assert state.read(where) == written
    assert where.state.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["{", "[]", '{"name": "x"}', '{"version": 1, "bogus": 2}'])
def test_damaged_state_is_refused_with_a_way_out(tmp_path: Path, text: str) -> None:
    where = SandboxPaths(tmp_path)
    where.state.write_text(text)
    with pytest.raises(RefusedError, match="damaged") as caught:
        state.read(where)
    assert caught.value.hint is not None


def test_state_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    where = SandboxPaths(tmp_path)
    where.state.write_text(json.dumps({"version": state.STATE_VERSION + 1}))
    with pytest.raises(RefusedError, match="newer"):
        state.read(where)


@pytest.mark.parametrize("name", ["", "A", "1a", "a/b", "..", "a" * 25, "a b", "ä"])
def test_names_that_would_not_do_as_a_directory_are_refused(name: str) -> None:
    with pytest.raises(UsageError):
        check_name(name)


def test_an_ordinary_name_is_taken() -> None:
    assert check_name("demo-2") == "demo-2"
