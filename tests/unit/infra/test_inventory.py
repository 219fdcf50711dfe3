"""The hosts of a stack as groups and addresses."""

import pytest

from app_core.errors import SwapskillError
from infra.inventory import ansible_list, endpoints, inventory
from infra.topology import load_topology
from tests.unit.infra.told import told


def test_every_host_is_there_with_its_members():
    outputs = told()
    found = inventory(outputs)
    assert set(found.hosts) == set(outputs.hosts)
    assert sum(len(host.members) for host in found.hosts.values()) == len(outputs.members)
    host = found.hosts["data-a"]
    assert host.address == outputs.hosts["data-a"].private_ip
    assert host.members["pg1"] == {
        "kind": "postgres",
        "group": "payments",
        "ports": {"postgres": 5432, "rest": 8008},
    }


def test_groups_are_roles_sets_regions_and_zones():
    groups = inventory(told("production")).groups
    assert groups["role_postgres"] == ("pg-a", "pg-b", "pg-c", "pg-dr")
    assert groups["set_members_1"] == ("mongo-members-a", "mongo-members-b", "mongo-members-c")
    assert set(groups["region_eu_central_1"]) < set(told("production").hosts)
    assert groups["zone_eu_west_3a"] and all(name.isidentifier() for name in groups)


def test_members_answer_at_their_hosts_address():
    outputs, topology = told("production"), load_topology("production")
    found = endpoints(outputs, topology)
    assert list(found) == [node.name for node in topology.nodes()]
    pg = found["pg1"]
    assert pg.at("postgres") == f"{outputs.hosts[pg.host].private_ip}:5432" and pg.kind == "postgres"


def test_a_member_on_a_host_that_is_not_there_is_refused():
    outputs = told()
    gone = {name: host for name, host in outputs.hosts.items() if name != "data-a"}
    with pytest.raises(SwapskillError, match="it is on data-a, and there is no such host"):
        inventory(outputs.model_copy(update={"hosts": gone}))


def test_a_stack_that_is_behind_its_topology_is_refused_by_member():
    outputs = told()
    behind = {name: member for name, member in outputs.members.items() if name != "pg1"}
    with pytest.raises(SwapskillError, match="differ in members: ephemeral: pg1"):
        endpoints(outputs.model_copy(update={"members": behind}), load_topology("ephemeral"))


def test_ansible_gets_groups_and_the_variables_of_every_host():
    document = ansible_list(inventory(told()))
    assert set(document) == {"_meta", "all", *document["all"]["children"]}
    variables = document["_meta"]["hostvars"]
    grouped = {name for group in document["all"]["children"] for name in document[group]["hosts"]}
    assert grouped == set(variables) == set(told().hosts)
    assert variables["data-a"]["ansible_host"] == told().hosts["data-a"].private_ip
    assert "pg1" in variables["data-a"]["swapskill_members"]
