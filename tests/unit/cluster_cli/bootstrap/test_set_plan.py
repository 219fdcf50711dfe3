"""The configuration of a replica set, and the steps towards it."""

import copy

from cluster_cli.bootstrap.set_plan import initial_config, next_config
from infra.timing import solve
from infra.topology import load_topology
from infra.topology.base import Member
from tests.unit.cluster_cli.bootstrap.topologies import spec, specs
from tests.unit.infra.topology.files import parse, shipped, warm


def formed(wanted):
    """A set's configuration as the server keeps it after replSetInitiate."""
    document = initial_config(wanted)
    return {**document, "version": 1, "term": 1, "settings": {**document["settings"], "replicaSetId": 5}}


def test_config_servers_come_first_and_say_so():
    found = specs()
    assert [s.name for s in found] == ["config", "members-1", "exchange-1"]
    assert initial_config(found[0])["configsvr"] is True
    assert "configsvr" not in initial_config(found[1])


def test_settings_follow_the_topologys_timing():
    timing = solve(load_topology("sandbox")).mongodb
    settings = initial_config(spec("members-1"))["settings"]
    assert settings["electionTimeoutMillis"] == timing.election_timeout_ms
    assert settings["heartbeatIntervalMillis"] == timing.heartbeat_interval_ms


def test_no_member_is_preferred():
    members = initial_config(spec("members-1"))["members"]
    assert [set(m) for m in members] == [{"_id", "host"}] * 3


def test_a_formed_set_needs_nothing():
    wanted = spec("members-1")
    assert next_config(formed(wanted), wanted) is None


def test_changed_settings_are_corrected_and_foreign_ones_kept():
    wanted = spec("members-1")
    current = formed(wanted)
    current["settings"]["electionTimeoutMillis"] = 10000
    following = next_config(current, wanted)
    assert following is not None
    assert following["version"] == 2
    assert following["settings"]["electionTimeoutMillis"] == wanted.settings["electionTimeoutMillis"]
    assert following["settings"]["replicaSetId"] == 5
    assert next_config(following, wanted) is None


def test_missing_members_join_one_at_a_time_with_fresh_ids():
    wanted = spec("members-1")
    current = formed(wanted)
    current["members"] = [{"_id": 4, "host": wanted.hosts[1]}]
    sizes = []
    following = next_config(current, wanted)
    while following is not None:
        sizes.append([m["_id"] for m in following["members"]])
        current, following = following, next_config(following, wanted)
    assert sizes == [[4, 5], [4, 5, 6]]
    assert {m["host"] for m in current["members"]} == set(wanted.hosts)


def test_a_member_that_the_topology_does_not_know_stays():
    wanted = spec("members-1")
    current = formed(wanted)
    current["members"].append({"_id": 9, "host": "elsewhere:1"})
    assert next_config(current, wanted) is None


def test_the_plan_leaves_its_input_alone():
    wanted = spec("members-1")
    current = formed(wanted)
    current["settings"]["electionTimeoutMillis"] = 1
    before = copy.deepcopy(current)
    next_config(current, wanted)
    assert current == before


def test_an_arbiter_holds_no_data():
    def with_arbiter(topology):
        first, *rest = topology.social.shards
        pair = first.model_copy(
            update={"members": first.members[:2], "arbiter": Member(name="members-1-arb", host="mongo-c")}
        )
        social = topology.social.model_copy(update={"shards": (pair, *rest)})
        return topology.model_copy(update={"social": social})

    wanted = spec("members-1", change=with_arbiter)
    assert initial_config(wanted)["members"][2]["arbiterOnly"] is True
    assert len(wanted.hosts) == 3
    assert len(wanted.data_hosts) == 2


def warmed(name):
    return spec(name, change=lambda _: parse(warm()))


def test_a_copy_in_the_dr_region_is_hidden_and_neither_votes_nor_is_elected():
    for name in ("members-1", "config"):
        wanted = warmed(name)
        *voters, copy_of = initial_config(wanted)["members"]
        assert (copy_of["hidden"], copy_of["priority"], copy_of["votes"]) == (True, 0, 0)
        assert wanted.members[-1] == f"{name}-copy" and len(voters) == 3
        assert not [seat for seat in voters if "hidden" in seat or "votes" in seat]


def test_a_shard_is_added_by_the_members_that_clients_may_see():
    wanted = warmed("members-1")
    assert wanted.data_hosts == wanted.hosts[:3]


def test_a_set_that_runs_gets_its_copy_without_a_vote():
    wanted = warmed("members-1")
    cold = formed(spec("members-1", change=lambda _: shipped("production")))
    cold["members"] = [
        {**seat, "host": host} for seat, host in zip(cold["members"], wanted.hosts, strict=False)
    ]
    following = next_config(cold, wanted)
    assert following is not None and len(following["members"]) == 4
    assert following["members"][3] == {
        "_id": 3, "host": wanted.hosts[3], "hidden": True, "priority": 0, "votes": 0,
    }  # fmt: skip
    assert next_config(following, wanted) is None
