"""The commands of `swapctl context`: what they take, show and refuse."""

import json
import stat

import pytest
from typer.testing import CliRunner

from app_core.errors import RefusedError, UsageError
from cluster_cli.main import app
from infra.context import load_context
from infra.sandbox.home import home, sandboxes_dir
from tests.unit.infra.told import told


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
    (kept,) = (home() / "contexts").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


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
