"""`down` knows what lies outside the sandbox's directory, and takes its turn."""

import os
import socket
from pathlib import Path

import pytest

from app_core.errors import RefusedError
from infra.sandbox import down as end
from infra.sandbox import process, sockets, state
from infra.sandbox import up as start
from infra.sandbox.holding import hold
from infra.sandbox.home import paths
from infra.sandbox.layout import files_outside, sandbox_nodes
from infra.sandbox.nodes import objectstore
from infra.sandbox.ports import allocate
from infra.sandbox.sockets import is_taken, remove_stale
from infra.sandbox.spec import ProcessSpec
from infra.topology import load_topology


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("SWAPCTL_HOME", str(tmp_path))


def stopped(name):
    """A sandbox of the topology `minimal`, of which nothing runs."""
    where, topology = paths(name), load_topology("minimal")
    ports = allocate(sandbox_nodes(topology), ())
    where.root.mkdir(parents=True)
    where.topology.write_text(topology.source)
    state.write(where, state.SandboxState(name, "minimal", ports, state.now(), "running"))
    return ports


def test_sockets_outside_are_those_that_the_store_is_started_with(tmp_path):
    nodes = sandbox_nodes(load_topology("minimal"))
    ports = allocate(nodes, ())
    found = files_outside(nodes, ports)
    assert len(found) == 4 and all(str(path).startswith("/tmp/seaweedfs-") for path in found)
    assert files_outside([node for node in nodes if node.kind != "objectstore"], ports) == ()
    assert objectstore.files_outside is files_outside


@pytest.fixture
def store_socket(monkeypatch, tmp_path):
    """The one socket outside of the sandbox `gone`: its path, and the server, which listens."""
    path = tmp_path / "store.sock"
    monkeypatch.setattr(
        end, "files_outside", lambda nodes, _: (path,) if "s3" in [n.name for n in nodes] else ()
    )
    stopped("gone")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        yield path, server


def test_down_removes_the_dead_sockets_of_its_store_and_forgets_the_rest(store_socket):
    path, server = store_socket
    paths("gone").member("s3").mkdir(parents=True)
    server.close()
    assert end.down("gone", purge=True).purged
    assert not path.exists() and not paths("gone").root.exists()


def test_a_socket_that_is_somebody_else_s_stays(store_socket):
    path, server = store_socket
    end.down("gone")  # its store was never started
    paths("gone").member("s3").mkdir(parents=True)
    end.down("gone")  # somebody listens
    assert path.exists()
    server.close()
    end.down("gone")
    assert not path.exists()


def test_what_another_user_s_server_left_in_tmp_is_no_error(store_socket, monkeypatch):
    path, server = store_socket
    paths("gone").member("s3").mkdir(parents=True)
    server.close()

    def denied(*_, **__):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "unlink", denied)
    remove_stale([path])
    assert path.exists()


def test_a_server_starts_beside_a_socket_that_another_listens_on(store_socket, tmp_path):
    path, server = store_socket
    spec = ProcessSpec("main", ("true",), tmp_path / "log", stale_files=(path,))
    process.spawn(spec, tmp_path, {}, None).wait()
    assert path.exists()
    server.close()
    process.spawn(spec, tmp_path, {}, None).wait()
    assert not path.exists()


def test_a_block_whose_sockets_are_there_is_passed_over(tmp_path, monkeypatch):
    nodes = sandbox_nodes(load_topology("minimal"))
    first = allocate(nodes, ())
    taken = tmp_path / f"{first['s3']['s3_grpc']}.sock"
    taken.touch()
    monkeypatch.setattr(
        start, "files_outside", lambda _, ports: (tmp_path / f"{ports['s3']['s3_grpc']}.sock",)
    )
    new = paths("new")
    new.root.mkdir(parents=True)
    assert start._take_ports(new, load_topology("minimal"), {}) != first


def test_a_dead_socket_of_one_s_own_takes_no_path(store_socket, monkeypatch):
    path, server = store_socket
    assert is_taken(path) and not is_taken(path.with_name("none"))
    server.close()
    assert not is_taken(path)
    monkeypatch.setattr(sockets.os, "geteuid", lambda: 4711)
    assert is_taken(path)


def test_down_without_purge_keeps_the_data_and_says_stopped():
    stopped("kept")
    end.down("kept")
    assert state.read(paths("kept")).phase == "stopped"


def test_while_another_command_works_on_it_down_is_refused_with_its_name():
    stopped("busy")
    with hold(paths("busy"), "up busy"), pytest.raises(RefusedError) as caught:
        end.down("busy")
    assert "'up busy'" in str(caught.value) and str(os.getpid()) in str(caught.value)
