"""The commands of `swapctl infra`: what they show, and one sentence with exit 2 or 6 for what cannot be."""

from __future__ import annotations

import json
import os
import shutil
import stat
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from app_core.errors import RefusedError, SwapskillError, UnhealthyError, UsageError
from cluster_cli.main import app
from infra.aws import handover
from infra.aws.local import stacks
from infra.aws.outputs import read_outputs
from infra.cost import prices, report
from infra.cost.lines import lines
from infra.cost.report import cost_report
from infra.cost.sizes import with_dr_size
from tests.unit.infra.aws.stacks import full_dr, graph, graph_of, local, raw


def call(*words):
    """A command's result; what it raises comes out, as `main` would report it."""
    found = CliRunner().invoke(app, ["infra", *words])
    if found.exception and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A copy of the Pulumi project's files that a test may spoil; commands read it instead."""
    for path in stacks.ROOT.glob("Pulumi*.yaml"):
        shutil.copy(path, tmp_path)
    monkeypatch.setattr(stacks.load_stack, "__defaults__", (tmp_path,))
    return tmp_path


def spoil(project, stack, old, new):
    path = project / f"Pulumi.{stack}.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_preview_counts_and_never_shows_a_secret():
    found = json.loads(call("preview", "--stack", "ephemeral", "-o", "json").stdout)
    assert found["creates"] == len(found["resources"]) == len(graph("ephemeral").cloud)
    values = [row["inputs"] for row in found["resources"] if row["type"].endswith(":SecretVersion")]
    assert values and {item["secretString"] for item in values} == {"[secret]"}
    hosts = [row["inputs"] for row in found["resources"] if row["type"] == "aws:ec2/instance:Instance"]
    assert {host["subnetId"] for host in hosts} == {"<computed>"}
    assert (
        "229 to create" in (table := call("preview", "--stack", "ephemeral").stdout) or "to create" in table
    )


def test_the_picture_shows_every_host_in_its_zone():
    root = ElementTree.fromstring(call("graph", "--stack", "production").stdout)
    words = [item.text for item in root.iter() if item.tag.endswith("text")]
    assert {host.name for host in local("production").topology.hosts} <= set(words)
    assert "zone eu-west-3c" in words and "eu-central-1 · disaster recovery" in words
    assert "r7g.xlarge · data 500 GiB gp3" in words


def test_policy_holds_on_a_shipped_stack_and_says_what_ephemeral_is_exempt_from():
    found = json.loads(call("policy", "--stack", "ephemeral", "-o", "json").stdout)
    results = {row["rule"]: row["result"] for row in found["rules"]}
    assert results["data-protected"] == "exempt" and results["imdsv2"] == "held"


@pytest.fixture
def broken_rule(monkeypatch):
    """A rule that a host breaks; the program is not run again."""
    from infra.policy import Finding, imdsv2, registry

    registry.cache_clear()
    monkeypatch.setattr(imdsv2, "check", lambda stack: [Finding("Instance pg-a", "no token")])
    monkeypatch.setattr("infra.aws.local.resolve", lambda program: graph("ephemeral"))
    yield
    registry.cache_clear()


def test_a_broken_rule_is_exit_3_with_the_resource(broken_rule):
    with pytest.raises(UnhealthyError, match="1 of "):
        call("policy", "--stack", "ephemeral")
    shown = CliRunner().invoke(app, ["infra", "policy", "--stack", "ephemeral"]).stdout
    assert "imdsv2: Instance pg-a: no token" in shown


def test_up_is_refused_while_a_rule_is_broken_unless_it_is_forced(broken_rule, cli):
    with pytest.raises(UnhealthyError, match="rules are broken: ephemeral: 1 of ") as refused:
        call("up", "--stack", "ephemeral", "--yes")
    assert refused.value.exit_code == 3 and "--force" in (refused.value.hint or "") and not cli.exists()
    told = CliRunner().invoke(app, ["infra", "up", "--stack", "ephemeral"]).stderr
    assert "imdsv2: Instance pg-a: no token" in told and not cli.exists()
    assert call("up", "--stack", "ephemeral", "--yes", "--force").exit_code == 0
    assert call("up", "--stack", "ephemeral", "--dry-run").exit_code == 0, "a preview changes nothing"
    assert [line.split(" ", 1)[1] for line in cli.read_text().splitlines()] == [
        "up --stack ephemeral --yes", "preview --stack ephemeral"
    ]  # fmt: skip


def test_outputs_follow_their_contract():
    text = call("outputs", "--stack", "ephemeral").stdout
    assert read_outputs(text, origin="test").cluster_class == "ephemeral"


def test_the_bill_has_every_component_both_sizes_of_dr_and_the_shares():
    found = cost_report(local("production"))
    assert found.total_usd_month == pytest.approx(sum(part.usd_month for part in found.components), abs=1)
    assert {share.name for share in found.shares} == {"synchronous standbys", "DR region", "monitoring"}
    assert all(0 < share.percent < 60 for share in found.shares)
    minimal, full = found.dr_sizes
    assert (minimal.now, full.now) == (True, False) and minimal.usd_month < full.usd_month
    dr = next(share for share in found.shares if share.name == "DR region")
    assert dr.usd_month == pytest.approx(minimal.usd_month)
    assert found.unpriced == () and "traffic" in found.not_included
    assert all("approximate" in item.source and item.date for item in found.prices)


def test_the_program_runs_once_for_a_bill(monkeypatch):
    runs = []
    monkeypatch.setattr(report, "resolve", lambda program: runs.append(program) or graph("production"))
    assert cost_report(local("production")).dr_sizes and len(runs) == 1


def test_the_other_size_is_priced_as_the_program_would_declare_it():
    priced = {region.name: prices.load_prices(region.name) for region in local("production").topology.regions}

    def bill(found):
        return sorted((line.resource.urn, line.item, line.usd) for line in lines(found, priced))

    minimal, topology = graph("production"), local("production").topology
    assert bill(with_dr_size(minimal, topology, "full")) == bill(full_dr()) != bill(minimal)
    assert with_dr_size(minimal, topology, "minimal") is minimal


def test_a_host_costs_its_hours_its_disks_and_its_metrics():
    paris = prices.load_prices("eu-west-3")
    table = {"eu-west-3": paris, "eu-central-1": prices.load_prices("eu-central-1")}
    of_host = [line for line in lines(graph("production"), table) if line.resource.name == "pg-a"]
    found = {(line.resource.type.rsplit(":", 1)[-1], line.item): line.usd for line in of_host}
    assert found["Instance", "r7g.xlarge"] == pytest.approx(paris.instances["r7g.xlarge"] * 730)
    assert found["Volume", "gp3_gib_month"] == pytest.approx(500 * paris.rates["gp3_gib_month"])
    assert found["Volume", "gp3_iops_month"] == pytest.approx(3000 * paris.rates["gp3_iops_month"])


def test_a_missing_price_is_said_not_guessed(monkeypatch):
    def without_keys(region):
        found = prices.load_prices(region)
        rates = {name: value for name, value in found.rates.items() if name != "key_month"}
        return replace(found, rates=rates)

    monkeypatch.setattr(report, "load_prices", without_keys)
    found = cost_report(local("ephemeral"))
    assert any(item.startswith("key_month: Key ") for item in found.unpriced)


def test_a_type_that_is_neither_priced_nor_free_is_told_as_unpriced(monkeypatch):
    good = graph("ephemeral")
    trail = replace(good.cloud[0], urn="urn:trail", type="aws:cloudtrail/trail:Trail", name="audit")
    more = replace(good, resources=(*good.resources, trail))
    monkeypatch.setattr(report, "resolve", lambda program: more)
    assert cost_report(local("ephemeral")).unpriced == ("aws:cloudtrail/trail:Trail: Trail audit",)


def test_a_resource_in_a_region_of_its_own_has_that_regions_prices_or_is_refused(monkeypatch):
    good = graph("ephemeral")
    (balancer,) = good.of("aws:lb/loadBalancer:LoadBalancer")
    rest = tuple(item for item in good.resources if item is not balancer)
    for region, refused in (("eu-central-1", None), ("us-east-1", "no prices: us-east-1")):
        moved = replace(good, resources=(*rest, replace(balancer, region=region)))
        monkeypatch.setattr(report, "resolve", lambda program, moved=moved: moved)
        if refused:
            with pytest.raises(UsageError, match=refused):
                cost_report(local("ephemeral"))
        else:
            assert {item.region for item in cost_report(local("ephemeral")).prices} == {"eu-west-3", region}


def test_an_instance_type_without_a_price_is_refused():
    file = raw("ephemeral")
    file["aws"]["hosts"] = {"data-a": {"instance": "x9.metal", "disk": 30}}
    with pytest.raises(UsageError, match="no price: x9.metal in eu-west-3"):
        lines(graph_of(file, "ephemeral"), {"eu-west-3": prices.load_prices("eu-west-3")})


@pytest.mark.parametrize("command", ["preview", "graph", "cost", "policy", "outputs", "up", "destroy"])
def test_an_unknown_stack_is_one_sentence_with_the_nearest_name(command):
    with pytest.raises(UsageError, match="unknown stack: producton: did you mean 'production'"):
        call(command, "--stack", "producton")


@pytest.mark.parametrize(
    "old, new, why",
    [
        ("10.21.0.0/16", "10.20.0.0/16", "overlap"),
        ("  swapskill:owner: platform\n", "", "owner of production.*no value"),
        ("topology: production", "topology: sandbox", "does not fit the stack"),
        ("topology: production", "topology: productio", "did you mean"),
        ("eu-central-1: 10.21.0.0/16", "eu-north-1: 10.21.0.0/16", "no network"),
    ],
)
def test_bad_configuration_is_one_sentence_and_nothing_is_started(project, monkeypatch, old, new, why):
    monkeypatch.setattr("infra.aws.local.run.evaluate", lambda *_: pytest.fail("something was started"))
    spoil(project, "production", old, new)
    with pytest.raises(UsageError, match=why):
        call("preview", "--stack", "production")


def test_a_region_with_two_zones_is_refused(project, tmp_path):
    file = tmp_path / "two.yaml"
    text = local("production").topology.source
    file.write_text(text.replace("[dr-a, dr-b, dr-c]", "[dr-a, dr-b]"))
    spoil(project, "production", "topology: production", f"topology: {file}")
    with pytest.raises(UsageError, match="has 2 zones"):
        call("policy", "--stack", "production")


@pytest.mark.parametrize("command", ["up", "destroy"])
def test_without_the_cli_it_says_what_to_install(monkeypatch, command):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RefusedError, match="the Pulumi CLI is not on PATH") as refused:
        call(command, "--stack", "ephemeral")
    assert refused.value.exit_code == 6 and "install" in (refused.value.hint or "")


FAKE = """\
#!/bin/sh
echo "$PWD $*" >> {log}
echo "$1 ${{PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER:-not said}}" >> {log}.state
if [ "$4" = --show-name ] && [ -e {folder}/unknown-"$3" ]; then echo "error: no stack named '$3' found" >&2; exit 255; fi
[ ! -e {folder}/broken ] && [ ! -e {folder}/broken-"$1-$4" ]
"""  # noqa: E501


@pytest.fixture
def cli(tmp_path, monkeypatch):
    """A program called pulumi that writes down how it was called; answers the file.

    A file `broken` beside it lets every call fail, `broken-WORD-STACK` one command on one stack;
    `unknown-STACK` is a stack that its backend does not have.
    """
    log = tmp_path / "calls"
    program = tmp_path / "bin" / "pulumi"
    program.parent.mkdir()
    program.write_text(FAKE.format(log=log, folder=tmp_path))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return log


@pytest.mark.parametrize(
    "words, called",
    [
        (("up",), "up --stack ephemeral"),
        (("up", "--yes"), "up --stack ephemeral --yes"),
        (("up", "--dry-run"), "preview --stack ephemeral"),
        (("destroy", "--dry-run", "--yes"), "destroy --preview-only --stack ephemeral"),
    ],
)
def test_the_cli_is_called_in_the_project(cli, words, called):
    assert call(*words, "--stack", "ephemeral").exit_code == 0
    assert cli.read_text() == f"{stacks.ROOT} {called}\n"


def test_the_exit_code_of_the_cli_comes_through(cli):
    (cli.parent / "broken").touch()
    assert handover.is_known(handover.pulumi_cli(), "ephemeral-1"), "a backend that fails says nothing"
    assert call("up", "--stack", "ephemeral").exit_code == 1
    with pytest.raises(SwapskillError, match="not destroyed"):
        handover.destroy_stack(handover.pulumi_cli(), "ephemeral-1")


REAPABLE = (
    ("ephemeral-1", True, ""),
    ("ephemeral-2", False, ""),
    ("ephemeral-3", True, "2026-11-26T07:00:00Z"),
)


@pytest.fixture
def found(monkeypatch):
    from infra.aws.reaper import Reapable

    rows = [Reapable(name, 3, "2026-11-26T11:00:00Z", start, reap, "x") for name, reap, start in REAPABLE]
    monkeypatch.setattr("cluster_cli.infra_views.reapable", lambda older_than: rows)


def test_reap_lists_first_and_a_dry_run_ends_there(found, cli):
    shown = call("reap", "--dry-run")
    assert "ephemeral-1" in shown.stdout and "ephemeral-2" in shown.stdout and not cli.exists()


def test_reap_asks_and_without_a_terminal_does_nothing(found, cli):
    with pytest.raises(UsageError, match="confirmation"):
        call("reap")
    assert not cli.exists()


def test_reap_destroys_the_expired_alone(found, cli):
    assert call("reap", "--yes").exit_code == 0
    assert done(cli) == [
        "destroy --yes --stack ephemeral-1 --non-interactive",
        "stack rm --yes ephemeral-1 --non-interactive",
        "destroy --yes --stack ephemeral-3 --non-interactive",
        "stack rm --yes ephemeral-3 --non-interactive",
    ]


def test_a_stack_without_a_file_here_is_destroyed_with_the_key_that_its_state_names(cli):
    assert "ephemeral-1" not in stacks.stack_names()
    handover.destroy_stack(handover.pulumi_cli(), "ephemeral-1")
    said = cli.with_name(f"{cli.name}.state").read_text().splitlines()
    assert said == ["destroy true", "stack true"]


def done(cli):
    """What the CLI was told to do, without what it was asked."""
    calls = [line.split(" ", 1)[1] for line in cli.read_text().splitlines()]
    return [words for words in calls if "--show-name" not in words]


def test_reap_goes_on_after_a_failure_and_names_it_at_the_end(found, cli):
    (cli.parent / "broken-destroy-ephemeral-1").touch()
    with pytest.raises(SwapskillError, match="stacks are not destroyed: ephemeral-1$") as failed:
        call("reap", "--yes")
    assert failed.value.exit_code == 1 and "stack rm --yes ephemeral-3 --non-interactive" in done(cli)


def test_a_stack_that_is_destroyed_already_is_no_failure(found, cli):
    (cli.parent / "unknown-ephemeral-1").touch()
    assert call("reap", "--yes").exit_code == 0
    assert done(cli)[0] == "destroy --yes --stack ephemeral-3 --non-interactive"


def test_a_stack_of_another_backend_whose_hosts_run_is_a_failure(found, cli):
    (cli.parent / "unknown-ephemeral-3").touch()
    with pytest.raises(SwapskillError, match="stacks are not destroyed: ephemeral-3"):
        call("reap", "--yes")


def test_reap_without_the_cli_destroys_nothing(found, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RefusedError, match="not on PATH"):
        call("reap", "--yes")


def test_reap_refuses_a_time_that_is_none():
    with pytest.raises(UsageError, match="not a time"):
        call("reap", "--older-than", "soon")
