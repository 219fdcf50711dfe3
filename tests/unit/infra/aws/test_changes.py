"""A change of the topology changes what it is about, and nothing else."""

from __future__ import annotations

from dataclasses import replace

from infra.aws.local.run import resolve
from infra.aws.local.stacks import make_stack
from infra.aws.local.types import INSTANCE, VOLUME
from tests.unit.infra.topology.files import warm

from .stacks import contents, full_dr, graph, graph_of, local, raw

MEMBERS = ("a", "b", "c")
ACROSS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"


def with_third_shard():
    """Production with one more shard on hosts of its own, put first everywhere: order must not matter."""
    file = raw("production")
    hosts = [{"name": f"mongo-more-{zone}", "zone": zone} for zone in MEMBERS]
    members = [{"name": f"members-2-{zone}", "host": f"mongo-more-{zone}"} for zone in MEMBERS]
    file["hosts"] = [*hosts, *file["hosts"]]
    file["social"]["shards"].insert(0, {"name": "members-2", "members": members})
    file["social"]["segments"]["members"].append("members-2")
    return file


def test_adding_a_shard_adds_its_resources_and_changes_nothing_else():
    before, after = contents(graph("production")), contents(graph_of(with_third_shard()))
    assert not before.keys() - after.keys()
    assert not [urn for urn in before if before[urn] != after[urn]]
    names = [urn.rsplit("::", 1)[1] for urn in after.keys() - before.keys()]
    assert names and not [name for name in names if not name.startswith(("mongo-more-", "members-2"))]
    assert {name for name in names if name.startswith("members-2")} == {"members-2", "members-2-majority"} | {
        f"members-2-{zone}" for zone in MEMBERS
    }


def test_the_same_topology_gives_the_same_graph():
    assert contents(graph_of(raw("ephemeral"), "ephemeral")) == contents(graph("ephemeral"))


def test_resizing_the_standby_changes_its_machine_and_its_disk_alone():
    before, after = contents(graph("production")), contents(full_dr())
    changed = {urn.rsplit("::", 1)[1] for urn in before if before[urn] != after.get(urn)}
    assert changed == {"pg-dr"} and before.keys() == after.keys()


def test_the_comparison_sees_a_changed_disk():
    file = raw("ephemeral")
    file["aws"]["hosts"] = {"data-a": {"instance": "t4g.medium", "disk": 35}}
    before, after = contents(graph("ephemeral")), contents(graph_of(file, "ephemeral"))
    assert [urn.rsplit(":", 1)[1] for urn in before if before[urn] != after[urn]] == ["data-a"]


def test_application_hosts_are_spread_over_the_zones():
    file = raw("ephemeral")
    file["aws"]["apps"] = {"count": 4}
    found = graph_of(file, "ephemeral")
    hosts = [item for item in found.of("aws:ec2/instance:Instance") if item.name.startswith("app-")]
    zones = [found.used(item, "subnetId")[0].inputs["availabilityZone"] for item in hosts]
    assert sorted(zones) == ["eu-west-3a", "eu-west-3a", "eu-west-3b", "eu-west-3c"]


def test_a_warm_dr_region_holds_a_copy_of_every_set_and_reaches_it_through_the_peering():
    found = graph_of(warm())
    hosts = {item.name: item.region for item in found.of("aws:ec2/instance:Instance")}
    assert {name for name in hosts if name.startswith("mongo-dr-")} == {
        "mongo-dr-members-1", "mongo-dr-exchange-1", "mongo-dr-config",
    }  # fmt: skip
    assert all(hosts[name] == "eu-central-1" for name in hosts if name.startswith("mongo-dr-"))
    rules = {item.name for item in found.resources if item.name.endswith("27018-peer")}
    assert rules == {
        "firewall-eu-west-3-in-mongod-hidden-to-mongod-shard-27018-peer",
        "firewall-eu-west-3-out-mongod-shard-to-mongod-hidden-27018-peer",
        "firewall-eu-central-1-out-mongod-hidden-to-mongod-shard-27018-peer",
        "firewall-eu-central-1-in-mongod-shard-to-mongod-hidden-27018-peer",
    }
    assert graph("production").of(ACROSS) and not [
        item.name for item in graph("production").resources if "hidden" in item.name
    ], "a cold DR region has no such port"
    (alarm,) = [
        item
        for item in found.of("aws:cloudwatch/metricAlarm:MetricAlarm")
        if item.name == "members-1-majority"
    ]
    assert len(alarm.inputs["metricQueries"]) == 4, "the sum and three voters: a copy has no vote"


def test_a_zone_put_before_others_moves_no_subnet_and_no_host():
    file = raw("production")
    file["regions"][0]["zones"] = ["a", "c", "b"]
    file["regions"][1]["zones"] = ["dr-a", "dr-f", "dr-b", "dr-c"]
    before, after = contents(graph("production")), contents(graph_of(file))
    kinds = ("aws:ec2/subnet:Subnet", INSTANCE)
    kept = [urn for urn in before if urn.split("$")[-1].split("::")[0] in kinds]
    assert len(kept) > 20 and not [urn for urn in kept if before[urn] != after[urn]]
    assert [
        urn.rpartition("::")[2] for urn in after.keys() - before.keys() if kinds[0] in urn and "nat" in urn
    ]


def options_of(item):
    return item.options.protect, item.options.ignore_changes, item.inputs.get("disableApiTermination")


def test_a_host_that_is_renewed_may_be_replaced_and_no_other_and_its_data_stay_protected():
    stack = local("production")
    renewed = resolve(make_stack(replace(stack.settings, renew=("pg-b",)), stack.topology).program)
    before, after = contents(graph("production")), contents(renewed)
    changed = [urn for urn in before if before[urn] != after.get(urn)]
    assert [urn.rpartition("$")[2] for urn in changed] == [
        f"{INSTANCE}::pg-b"
    ] and before.keys() == after.keys()
    was, now = graph("production").get(changed[0]), renewed.get(changed[0])
    assert options_of(was) == (True, ("ami", "userData"), True) and options_of(now) == (False, (), False)
    (volume,) = [item for item in renewed.of(VOLUME) if item.name == "pg-b"]
    assert volume.options.protect and volume.options.retain_on_delete
