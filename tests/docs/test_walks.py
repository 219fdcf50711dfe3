"""Follows CONTRIBUTING.md: the files that it shows are taken from the page and used as it says."""

import importlib
import random
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pulumi
import pulumi_aws as aws
import pytest

from cluster_cli.drills import checks, faults
from cluster_cli.drills.faults._fault import Target
from infra.aws.local import Program, resolve
from infra.aws.local.types import ALARM
from infra.topology import load_topology
from tests.unit.cluster_cli.drills import recorded

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text()
FILES = dict(re.findall(r"```\w+\n# file: (\S+)\n(.*?)```", PAGE, re.S))


@pytest.fixture
def room(monkeypatch, tmp_path):
    """Puts a file of the page into its package as if it were in the folder, and forgets it again."""

    def put(path):
        package = importlib.import_module(str(Path(path).parent).replace("/", "."))
        (tmp_path / Path(path).name).write_text(FILES[path])
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
        package.registry.cache_clear()
        getattr(package, "drills", package.registry).cache_clear()
        return package

    yield put
    monkeypatch.undo()
    for registry in (checks.registry, faults.registry, faults.drills):
        registry.cache_clear()


def test_the_page_shows_a_topology_a_check_a_fault_and_an_alert():
    assert {Path(path).suffix for path in FILES} == {".yaml", ".py"} and len(FILES) == 4
    assert not [path for path in FILES if (ROOT / path).exists()], "it exists: show another one"


def test_the_topology_is_accepted(tmp_path):
    path = next(name for name in FILES if name.endswith(".yaml"))
    (tmp_path / Path(path).name).write_text(FILES[path])
    assert load_topology(str(tmp_path / Path(path).name)).name == Path(path).stem


def test_the_check_joins_passes_and_turns_red(room):
    room("cluster_cli/drills/checks/every_client_acked.py")
    check = {check.name: check for check in checks.registry()}["every-client-acked"]
    assert check.proves.endswith(".")
    assert checks.run_one(check, recorded.evidence())[1].result == "pass"
    mute = [
        replace(r, outcome="indeterminate") if getattr(r, "client", "") == "ses-0" else r
        for r in recorded.records()
    ]
    assert checks.run_one(check, recorded.evidence(mute))[1].result == "fail"


def test_the_fault_joins_as_a_drill_and_its_steps_fit_together(room, monkeypatch):
    room("cluster_cli/drills/faults/mongo_secondary_crash.py")
    fault = faults.drill("mongo-secondary-crash").faults[0]
    module = importlib.import_module("cluster_cli.drills.faults.mongo_secondary_crash")
    assert fault.claims.failover is False
    done = []
    monkeypatch.setattr(module, "shard_under_test", lambda site: "two")
    monkeypatch.setattr(module, "shard_primary", lambda site, shard: "two-a")
    monkeypatch.setattr(module, "shard_target", lambda site, shard, *m: Target(m, {}, {"social": shard}))
    for name in ("kill", "start"):
        monkeypatch.setattr(
            module.actions, name, lambda site, members, name=name: done.append((name, members))
        )
    monkeypatch.setattr(module.actions, "peers_that_miss", lambda site, group, victim: ("two-a",))
    site = SimpleNamespace(members_of=lambda shard: ("two-a", "two-b"))
    target = fault.aim(site, random.Random(1))  # pyright: ignore[reportArgumentType]
    fault.inject(site, target, {})  # pyright: ignore[reportArgumentType]
    assert fault.prove(site, target, {}) == "unreachable for two-a"  # pyright: ignore[reportArgumentType]
    fault.undo(site, target, {})  # pyright: ignore[reportArgumentType]
    assert done == [("kill", ("two-b",)), ("start", ("two-b",))]


def test_the_alert_calls_the_topic_when_it_fires_and_when_it_is_over():
    walk = {}
    exec(FILES["infra/aws/components/nat_alarm.py"], walk)

    def declare():
        topic = SimpleNamespace(arn="arn:aws:sns:eu-west-3:123456789012:alerts")
        opts = pulumi.ResourceOptions(provider=aws.Provider("eu", region="eu-west-3"))
        gateway = aws.ec2.NatGateway("nat", subnet_id="subnet-1", opts=opts)
        walk["watch_nat"](topic, gateway, "eu", opts)

    graph = resolve(Program("swapskill", "test", declare))
    (alarm,) = graph.of(ALARM)
    assert (
        alarm.inputs["alarmActions"]
        == alarm.inputs["okActions"]
        == ["arn:aws:sns:eu-west-3:123456789012:alerts"]
    )
    assert [used.name for used in graph.used(alarm, "dimensions")] == ["nat"]
    assert (alarm.inputs["threshold"], alarm.inputs["treatMissingData"]) == (0, "notBreaching")


def test_every_make_task_that_a_page_names_exists():
    tasks = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.M))
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    named = {
        word
        for page in pages
        for call in re.findall(r"`make ([a-z -]+)`", page.read_text())
        for word in call.split()
    }
    assert named <= tasks
