"""No port of the S3 server answers to somebody who has neither keys nor the store's certificate."""

import shutil
import tomllib

import pytest

from infra.sandbox.box import Box
from infra.sandbox.home import SandboxPaths
from infra.sandbox.layout import sandbox_nodes
from infra.sandbox.nodes import objectstore
from infra.sandbox.ports import PORT_NAMES
from infra.topology import load_topology


@pytest.fixture
def plan(tmp_path):
    topology, where = load_topology("minimal"), SandboxPaths(tmp_path / "demo")
    ports = {n.name: dict.fromkeys(PORT_NAMES[n.kind], 21000) for n in sandbox_nodes(topology)}
    where.credentials.mkdir(parents=True)
    for name in ("s3_access", "s3_secret"):
        (where.credentials / f"{name}.secret").write_text("x\n")
    box = Box("demo", topology, where, ports, {"weed": str(shutil.which("true"))})
    return objectstore.plan(box, box.node("s3"))


def security(plan):
    (file,) = (file for file in plan.files if file.path.name == "security.toml")
    assert file.mode == 0o600
    assert f"-config_dir={file.path.parent}" in plan.processes[0].argv
    return tomllib.loads(file.text)


@pytest.mark.parametrize("part", ["master", "volume", "filer"])
def test_http_wants_a_certificate_of_the_cluster(plan, part):
    found = security(plan)["https"][part]
    assert found["ca"].endswith("/s3/tls/ca.crt")
    assert found["cert"].endswith("/s3/tls/s3.crt") and found["key"].endswith("/s3/tls/s3.key")


@pytest.mark.parametrize("part", ["master", "volume", "filer", "s3"])
def test_grpc_wants_the_store_s_own(plan, part):
    found = security(plan)["grpc"]
    assert found["ca"].endswith("/s3/tls/ca.crt") and found[part]["allowed_commonNames"] == "s3"


def test_the_parts_reach_each_other_with_it(plan):
    found = security(plan)
    assert found["https"]["client"]["enabled"] is True
    assert found["https"]["client"]["cert"] == found["grpc"]["client"]["cert"] == found["grpc"]["s3"]["cert"]


def test_what_is_for_all_commands_stands_before_the_command_as_weed_wants_it(plan):
    argv = plan.processes[0].argv
    assert argv[1].startswith("-config_dir=") and argv[2:4] == ("-logtostderr=true", "server")
