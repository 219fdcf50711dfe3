"""The configuration of mongod and mongos, as sandbox and production hosts get it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.credentials import Credentials
from infra.endpoint import Endpoint
from infra.hostvars import hostvars
from infra.templates import render
from infra.topology import Topology, load_topology
from tests.unit.infra.topology.files import parse, warm


@dataclass
class Placement:
    """Members on hosts of their own, in the directories of a package."""

    endpoints: dict[str, Endpoint]
    credentials: Credentials = field(default_factory=lambda: Credentials(Path("/etc/swapskill")))

    def dir(self, member):
        return Path("/var/lib/mongo") / member

    def run_dir(self, member):
        return Path("/run") / member

    def tls(self, member, name):
        return self.credentials.cert(name)

    def ca_file(self, member):
        return self.credentials.ca_file

    def binary(self, name):
        return Path("/usr/bin") / name


def rendered(role: str, member: str, topology: str | Topology = "sandbox") -> Any:
    loaded = load_topology(topology) if isinstance(topology, str) else topology
    places = {
        n.name: Endpoint(n.name, n.kind, n.group, n.host, n.zone, n.region, f"10.0.0.{i}", {"mongo": 27017})
        for i, n in enumerate(loaded.nodes())
    }
    variables = hostvars(loaded, loaded.node(member), Placement(places))
    return yaml.safe_load(render(role, f"{role}.conf.j2", variables))


@pytest.mark.parametrize(
    ("member", "cluster_role", "group"),
    [("members-1-b", "shardsvr", "members-1"), ("config-a", "configsvr", "config")],
)
def test_a_member_knows_its_set_and_role(member, cluster_role, group):
    config = rendered("mongod", member)
    assert config["sharding"]["clusterRole"] == cluster_role
    assert config["replication"]["replSetName"] == group
    assert config["storage"]["dbPath"] == f"/var/lib/mongo/{member}/data"


def test_a_copy_in_the_dr_region_belongs_to_its_set_and_routers_do_not_ask_it():
    warmed = parse(warm())
    for member, role in (("members-1-copy", "shardsvr"), ("config-copy", "configsvr")):
        config = rendered("mongod", member, warmed)
        assert config["sharding"]["clusterRole"] == role
        assert config["replication"]["replSetName"] == member.removesuffix("-copy")
    router = next(node.name for node in warmed.nodes() if node.kind == "router")
    asked = rendered("mongos", router, warmed)["sharding"]["configDB"]
    assert len(asked.split(",")) == 3, asked


@pytest.mark.parametrize("topology", ["sandbox", "production"])
@pytest.mark.parametrize("role", ["mongod", "mongos"])
def test_nothing_listens_without_tls_and_a_key(role, topology):
    kind = "router" if role == "mongos" else "mongod-shard"
    member = next(n.name for n in load_topology(topology).nodes() if n.kind == kind)
    config = rendered(role, member, topology)
    assert config["net"]["tls"]["mode"] == "requireTLS"
    assert config["net"]["bindIp"].startswith("10.0.0.")
    assert config["security"]["keyFile"] == "/etc/swapskill/mongo.keyfile"
    assert "zlib" not in config["net"]["compression"]["compressors"]


def test_a_member_checks_rights():
    assert rendered("mongod", "members-1-a")["security"]["authorization"] == "enabled"


def test_small_caches_are_for_laptops_only():
    small = rendered("mongod", "members-1-a")
    assert small["storage"]["wiredTiger"]["engineConfig"]["cacheSizeGB"] == 0.25
    assert small["replication"]["oplogSizeMB"] == 64
    member = next(n.name for n in load_topology("production").nodes() if n.kind == "mongod-shard")
    real = rendered("mongod", member, "production")
    assert "wiredTiger" not in real["storage"]
    assert "oplogSizeMB" not in real["replication"]
    assert set(real["setParameter"]) == {"reportOpWriteConcernCountersInServerStatus"}


def test_parameters_keep_their_types():
    parameters = rendered("mongod", "members-1-a")["setParameter"]
    assert parameters["diagnosticDataCollectionEnabled"] is False
    assert parameters["orphanCleanupDelaySecs"] == 1
    assert "orphanCleanupDelaySecs" not in rendered("mongod", "config-a")["setParameter"]


def test_a_router_is_told_of_all_config_servers():
    configdb = rendered("mongos", "router-a")["sharding"]["configDB"]
    assert configdb.startswith("config/10.0.0.")
    assert configdb.count(":27017") == 3
