"""`down` knows what lies outside the sandbox's directory, and takes its turn."""

import os
from pathlib import Path

import pytest

from app_core.errors import RefusedError
from infra.sandbox import down as end
from infra.sandbox import state
from infra.sandbox.holding import hold
from infra.sandbox.home import paths
from infra.sandbox.layout import files_outside, sandbox_nodes
from infra.sandbox.nodes import objectstore
from infra.sandbox.ports import allocate
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


def test_down_removes_them_and_forgets_the_rest():
    ports = stopped("gone")
    socket = Path(f"/tmp/seaweedfs-s3-grpc-{ports['s3']['s3_grpc']}.sock")
    socket.touch()
    assert end.down("gone", purge=True).purged
    assert not socket.exists() and not paths("gone").root.exists()


def test_down_without_purge_keeps_the_data_and_says_stopped():
    stopped("kept")
    end.down("kept")
    assert state.read(paths("kept")).phase == "stopped"


def test_while_another_command_works_on_it_down_is_refused_with_its_name():
    stopped("busy")
    with hold(paths("busy"), "up busy"), pytest.raises(RefusedError) as caught:
        end.down("busy")
    assert "'up busy'" in str(caught.value) and str(os.getpid()) in str(caught.value)
