"""Every rule refuses what it must, names the object, and is silent about the shipped topologies."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app_core.errors import UsageError
from infra.topology import list_topologies
from infra.topology.rules import rules

from .files import Raw, build, member, parse, raw, shipped

Change = Callable[[Raw], object]


def place(value: Raw, name: str, host: str) -> None:
    member(value, name)["host"] = host


def shard(value: Raw, index: int = 0) -> Raw:
    return value["social"]["shards"][index]


def extra_voter(value: Raw) -> None:
    shard(value)["members"].append({"name": "members-1-d", "host": "pg-a"})


def arbiter_of_two(value: Raw) -> None:
    shard(value)["members"].pop()
    shard(value)["arbiter"] = {"name": "members-1-arb", "host": "mongo-c"}


def arbiter_of_three(value: Raw) -> None:
    shard(value)["arbiter"] = {"name": "members-1-arb", "host": "witness-c"}


def no_domain(value: Raw) -> None:
    del value["social"], value["payments"]


def to_production(value: Raw) -> None:
    value["class"] = "production"
    value["versions"] = {"mongodb": "7.0.28", "postgresql": "15.20", "etcd": "3.5.24"}


def small_production(value: Raw) -> None:
    to_production(value)
    del value["social"]["config"]["members"][1:]
    del value["social"]["routers"][1:]
    del value["payments"]["proxies"][1:]


def shared_host(value: Raw) -> None:
    to_production(value)
    place(value, "members-1-b", "mongo-a")


def all_dr(value: Raw) -> None:
    value["regions"][0]["dr"] = True


def nine_voters(value: Raw) -> None:
    shard(value)["members"] += [{"name": f"members-1-{n}", "host": "mongo-c"} for n in "defghi"]


def quorum_that_blocks(value: Raw) -> None:
    value["payments"]["sync"].update(mode="quorum", on_loss="block")


def payments_word(value: Raw) -> None:
    member(value, "pg1")["name"] = "payments-primary"


def hidden_copy(value: Raw) -> None:
    shard(value)["hidden"] = {"name": "members-1-copy", "host": "pg-dr"}


def hidden_at_home(value: Raw) -> None:
    shard(value)["hidden"] = {"name": "members-1-copy", "host": "pg-a"}


REFUSED: list[tuple[str, Change, str, str]] = [
    # rule, change, object, words of the sentence
    ("arbiter", arbiter_of_two, "shard members-1", "replace the arbiter"),
    ("domains", no_domain, "topology sandbox", "no domain"),
    ("dr_names", lambda v: member(v, "pgdr1").update(name="pgsync1"), "DR member pgsync1", "pgsync1-dr"),
    ("etcd_zones", lambda v: place(v, "etcd-b", "edge-a"), "payments-etcd", "2 of its 3"),
    ("odd_etcd", lambda v: v["payments"]["etcd"].pop(), "payments-etcd", "even number of members (2)"),
    ("odd_voters", extra_voter, "replica set members-1", "even number of voters (4)"),
    ("odd_voters", arbiter_of_three, "replica set members-1", "remove the arbiter"),
    ("odd_voters", nine_voters, "replica set members-1", "MongoDB allows 7"),
    ("odd_voters", lambda v: v["social"]["config"]["members"].pop(), "replica set config", "even"),
    ("one_host", shared_host, "members-1 on host mongo-a", "one host each"),
    ("places", lambda v: place(v, "pg1", "pg-z"), "member pg1", "host pg-z is unknown"),
    ("places", lambda v: v["hosts"][0].update(zone="d"), "host mongo-a", "zone d is unknown"),
    ("places", lambda v: place(v, "pg1", "pg-dr"), "member pg1", "the primary region"),
    ("places", lambda v: place(v, "pgdr1", "mongo-a"), "member pgdr1", "a DR region"),
    ("places", all_dr, "regions", "all of them are DR"),
    ("production", small_production, "config servers", "at least 3"),
    ("production", small_production, "routers", "at least 2"),
    ("production", small_production, "proxies", "at least 2"),
    ("quorum_block", quorum_that_blocks, "payments", "use mode first"),
    ("registry_segments", lambda v: v["social"]["segments"].pop("exchange"), "segment exchange", "reviews"),
    ("reserved_names", lambda v: shard(v).update(name="payments"), "shard payments", "reserved"),
    ("reserved_names", lambda v: v["social"]["segments"].update(admin=[]), "segment admin", "rename"),
    ("reserved_names", lambda v: shard(v).update(name="routers"), "shard routers", "reserved"),
    ("reserved_names", lambda v: v["payments"].update(name="proxies"), "group proxies", "reserved"),
    ("reserved_names", lambda v: member(v, "pg1").update(name="s3"), "member s3", "rename it"),
    ("reserved_names", lambda v: member(v, "pg1").update(name="ttl"), "member ttl", "rename it"),
    (
        "reserved_names",
        lambda v: member(v, "pg1").update(name="first-data"),
        "member first-data",
        "rename it",
    ),
    (
        "reserved_names",
        lambda v: v["social"]["config"]["members"][0].update(name="config-primary"),
        "member config-primary",
        "as a role",
    ),
    ("reserved_names", payments_word, "member payments-primary", "as a role"),
    ("segments", lambda v: v["social"]["segments"].update(more=[]), "segment more", "no shard"),
    ("segments", lambda v: v["social"]["segments"].update(more=["memberz-1"]), "segment more", "members-1"),
    ("segments", lambda v: v["social"]["segments"].update(more=["members-1"]), "shard members-1", "2 times"),
    ("segments", lambda v: v["social"]["segments"].update(members=[]), "shard members-1", "spare: true"),
    ("segments", lambda v: shard(v).update(spare=True), "shard members-1", "spare and in a segment"),
    ("sla", lambda v: v["sla"]["payments"]["member"].update(rto=1), "sla.payments.member.rto", "the best is"),
    ("sync_count", lambda v: v["payments"]["sync"].update(count=2), "payments", "set sync.count to 1"),
    ("sync_zones", lambda v: place(v, "pgsync1", "edge-a"), "payments", "different zones"),
    ("unique_names", lambda v: member(v, "pg1").update(name="etcd-a"), "etcd-a", "rename"),
    ("unique_names", lambda v: member(v, "pg1").update(name="mongo-a"), "mongo-a", "rename"),
    ("unique_names", lambda v: shard(v, 1).update(name="members-1"), "members-1", "groups"),
    ("unique_names", lambda v: v["regions"][1].update(name="eu-west-3"), "eu-west-3", "regions"),
    ("versions", lambda v: v["versions"].pop("allow_known_bad"), "versions.mongodb 6.0.5", "end of life"),
    ("versions", lambda v: v.update({"class": "staging"}), "versions", "for class ephemeral"),
    ("warm_dr", lambda v: v["social"].update(dr="warm"), "replica set config", "no hidden member"),
    ("warm_dr", hidden_copy, "replica set members-1", "set social.dr to warm"),
    ("places", hidden_at_home, "member members-1-copy", "a hidden member belongs in a DR region"),
    ("zone_majority", lambda v: place(v, "config-b", "pg-a"), "replica set config", "2 of its 3"),
]


@pytest.mark.parametrize(("rule", "change", "named", "words"), REFUSED)
def test_refused(rule: str, change: Change, named: str, words: str) -> None:
    value = raw()
    change(value)
    found = [v.sentence for v in rules()[rule](build(value)) if named in v.object and words in v.sentence]
    assert found
    with pytest.raises(UsageError) as caught:
        parse(value)
    assert all(sentence in str(caught.value) for sentence in found)


@pytest.mark.parametrize("name", list_topologies())
@pytest.mark.parametrize("rule", rules())
def test_silent_about_shipped(rule: str, name: str) -> None:
    assert rules()[rule](shipped(name)) == []


def test_every_rule_is_seen_to_refuse() -> None:
    assert {rule for rule, *_ in REFUSED} == set(rules())


def test_all_violations_at_once() -> None:
    value = raw()
    extra_voter(value)
    place(value, "pgsync1", "edge-a")
    with pytest.raises(UsageError) as caught:
        parse(value)
    assert "even number of voters" in str(caught.value)
    assert "different zones" in str(caught.value)


def test_spare_shard_with_arbiter_is_fine() -> None:
    value = raw()
    spare = [{"name": f"spare-1-{zone}", "host": f"mongo-{zone}"} for zone in "ab"]
    arbiter = {"name": "spare-1-arb", "host": "mongo-c"}
    value["social"]["shards"].append({"name": "spare-1", "members": spare, "arbiter": arbiter, "spare": True})
    assert parse(value).node("spare-1-arb").kind == "mongod-arbiter"


def test_a_quorum_may_block_where_no_dr_streams() -> None:
    value = raw()
    quorum_that_blocks(value)
    del value["payments"]["dr"], value["regions"][1]
    value["hosts"] = [host for host in value["hosts"] if host["name"] != "pg-dr"]
    parse(value)


def test_dr_etcd_may_share_its_only_zone() -> None:
    value = raw()
    value["payments"]["dr"]["etcd"] += [{"name": f"etcd-dr-{n}", "host": "pg-dr"} for n in (2, 3)]
    parse(value)


@pytest.mark.parametrize("name", ["payments", "routers", "app-2"])
def test_a_name_of_a_service_or_of_an_application_host_is_taken(name):
    value = raw("production")
    value["aws"]["apps"] = {"count": 2}
    assert parse(value)
    member(value, "router-a")["name"] = name
    with pytest.raises(UsageError, match=f"{name}: 2 members, hosts, zones or services have this name"):
        parse(value)
