"""What a sandbox runs as mongod and as router."""

from pathlib import Path

import pytest
import yaml

from infra.sandbox.box import Box
from infra.sandbox.home import SandboxPaths
from infra.sandbox.layout import sandbox_nodes
from infra.sandbox.nodes import mongod, router
from infra.sandbox.ports import PORT_NAMES
from infra.topology import load_topology


@pytest.fixture
def box(tmp_path, monkeypatch):
    program = tmp_path / "mongod"
    program.touch(mode=0o755)
    monkeypatch.setenv("SWAPCTL_MONGOD", str(program))
    monkeypatch.delenv("SWAPCTL_MONGOS", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    topology = load_topology("sandbox")
    ports = {
        n.name: dict.fromkeys(PORT_NAMES[n.kind], 21000 + i) for i, n in enumerate(sandbox_nodes(topology))
    }
    return Box("demo", topology, SandboxPaths(tmp_path / "demo"), ports)


def test_a_mongod_reads_its_rendered_configuration(box):
    plan = mongod.plan(box, box.node("members-1-b"))
    (process,) = plan.processes
    (file,) = plan.files
    assert process.argv[1:] == ("--config", str(file.path))
    config = yaml.safe_load(file.text)
    assert config["net"]["port"] == box.endpoint("members-1-b").ports["mongo"]
    assert Path(config["storage"]["dbPath"]) in plan.directories
    assert config["systemLog"]["path"] == str(process.log)


def test_without_a_mongos_the_stand_in_runs_and_its_name_says_so(box):
    plan = router.plan(box, box.node("router-a"))
    (process,) = plan.processes
    assert process.name == "stand-in"
    assert process.argv[1:3] == ("-m", "infra.router")
    given = dict(zip(process.argv[3::2], process.argv[4::2], strict=True))
    assert given["--configdb"].startswith("config/127.0.0.1:")
    assert given["--keyfile"] == str(box.credentials.keyfile)
    assert given["--port"] == str(box.endpoint("router-a").ports["mongo"])


def test_a_mongos_that_is_found_is_never_replaced(box, tmp_path, monkeypatch):
    program = tmp_path / "mongos"
    program.touch(mode=0o755)
    monkeypatch.setenv("SWAPCTL_MONGOS", str(program))
    plan = router.plan(box, box.node("router-a"))
    (process,) = plan.processes
    (file,) = plan.files
    assert process.name == "mongos"
    assert process.argv == (str(program), "--config", str(file.path))
    assert yaml.safe_load(file.text)["sharding"]["configDB"].startswith("config/127.0.0.1:")
