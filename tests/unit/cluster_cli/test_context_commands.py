"""The commands of `swapctl context`: what they take, show and refuse."""

import json
import stat

import pytest
import yaml
from typer.testing import CliRunner

from app_core.errors import RefusedError, UsageError
from cluster_cli.main import app
from infra.context import load_context
from infra.sandbox.home import home, sandboxes_dir
from tests.unit.infra.told import told
from tests.unit.infra.topology.files import raw


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("SWAPCTL_HOME", str(tmp_path))


def call(*words, given=None):
    found = CliRunner().invoke(app, ["context", *words], input=given)
    if found.exception and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found


def added(name="prod", topology="production"):
    return call("add", name, given=told(topology).model_dump_json())


def test_a_stack_is_added_listed_shown_and_removed():
    assert f"{len(told('production').hosts)} hosts" in added().stderr
    (row,) = json.loads(call("list", "-o", "json").stdout)
    assert row == {"name": "prod", "platform": "aws", "topology": "production", "state": "production"}
    shown = json.loads(call("show", "prod", "-o", "json").stdout)
    address = {member["name"]: member["addresses"] for member in shown["members"]}
    assert address["pg1"]["postgres"].endswith(":5432")
    assert "pg1" in call("show", "prod").stdout
    call("remove", "prod")
    assert json.loads(call("list", "-o", "json").stdout) == []


def test_outputs_come_from_a_file_too(tmp_path):
    path = tmp_path / "outputs.json"
    path.write_text(told().model_dump_json())
    call("add", "run-7", "--outputs", str(path))
    with pytest.raises(UsageError, match="cannot read the outputs"):
        call("add", "run-7", "--outputs", str(tmp_path / "none.json"))


def test_what_is_kept_is_for_its_owner_alone():
    added()
    kept = [*(home() / "contexts").iterdir()]
    assert {path.name for path in kept} == {"prod.json", "prod.yaml"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}
    call("remove", "prod")
    assert not [*(home() / "contexts").iterdir()]


@pytest.fixture
def acme(tmp_path):
    """The file of a topology that is not shipped, with one router more than production."""
    value = raw("production")
    value["name"] = "acme"
    value["social"]["routers"].append({"name": "router-c", "host": "edge-c"})
    value["hosts"].append({"name": "edge-c", "zone": "c"})
    path = tmp_path / "acme.yaml"
    path.write_text(yaml.safe_dump(value))
    return path


def test_a_stack_with_a_topology_of_its_own_is_a_context_by_its_file(acme):
    given = told("production", acme).model_dump_json()
    with pytest.raises(UsageError, match="topology of its own: acme") as refused:
        call("add", "acme", given=given)
    assert "--topology FILE" in str(refused.value.hint)
    call("add", "acme", "--topology", str(acme), given=given)
    acme.unlink()
    shown = json.loads(call("show", "acme", "-o", "json").stdout)
    assert shown["topology"] == "acme" and "router-c" in {member["name"] for member in shown["members"]}


def test_another_topology_than_the_deployed_one_is_refused_in_one_sentence(acme):
    given = told("production", acme).model_dump_json()
    acme.write_text(acme.read_text().replace("disk: 500", "disk: 600"))
    with pytest.raises(UsageError, match="deployed from another topology: .*acme.yaml") as refused:
        call("add", "acme", "--topology", str(acme), given=given)
    assert refused.value.exit_code == 2 and "\n" not in str(refused.value)


def test_a_private_topology_named_like_a_shipped_one_is_not_taken_for_it(acme):
    acme.write_text(acme.read_text().replace("name: acme", "name: production"))
    outputs = told("production", acme)
    with pytest.raises(UsageError, match="deployed from another topology: production"):
        call("add", "prod", given=outputs.model_dump_json())
    call("add", "prod", "--topology", str(acme), given=outputs.model_dump_json())


def test_ansible_reads_the_inventory():
    added()
    document = json.loads(call("inventory", "prod").stdout)
    assert document["role_postgres"]["hosts"] == ["pg-a", "pg-b", "pg-c", "pg-dr"]


@pytest.mark.parametrize(
    "change, why",
    [
        (lambda told: told.pop("hosts"), "hosts: Field required"),
        (lambda told: told.update(version=2), "version"),
        (lambda told: told.update(more=1), "more: Extra inputs"),
        (lambda told: told["members"].pop("pg1"), "differ in members"),
        (lambda told: told["hosts"].pop("pg-a"), "no such host"),
    ],
)
def test_outputs_that_break_their_contract_are_refused_and_nothing_is_kept(change, why):
    document = json.loads(told("production").model_dump_json())
    change(document)
    with pytest.raises(UsageError, match=why):
        call("add", "prod", given=json.dumps(document))
    assert json.loads(call("list", "-o", "json").stdout) == []


def test_a_name_is_checked_and_not_shared_with_a_sandbox():
    with pytest.raises(UsageError, match="not a sandbox name"):
        added("../prod")
    (sandboxes_dir() / "mine").mkdir(parents=True)
    with pytest.raises(RefusedError, match="a sandbox has this name"):
        added("mine")


@pytest.mark.parametrize("words", [("show",), ("inventory",), ("remove",)])
def test_an_unknown_context_names_the_nearest(words):
    added()
    with pytest.raises(UsageError, match="did you mean 'prod'"):
        call(*words, "prodd")


def test_commands_on_members_of_a_stack_are_refused():
    added()
    with pytest.raises(RefusedError, match="nothing here reaches") as refused:
        load_context("prod")
    assert refused.value.hint == "swapctl context show prod"
