"""The whole program of every stack: components, their children, what is open, what is kept, what is told."""

from __future__ import annotations

import json

import pytest

from infra.aws.components.network import EVERYWHERE
from infra.aws.local.graph import COMPONENT_PREFIX, PROVIDER
from infra.aws.local.stacks import load_stack
from infra.aws.local.values import UNKNOWN, bare, has_secret
from infra.aws.outputs import SCHEMA_FILE, read_outputs, schema_text
from infra.aws.secret_values import SECRETS, ca_key, readable_by
from infra.credentials import SECRET_NAMES

from .stacks import STACKS, graph, previewed

RULES = (
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
)
INSTANCE = "aws:ec2/instance:Instance"


@pytest.mark.parametrize("stack", STACKS)
def test_every_resource_belongs_to_a_component(stack):
    found = graph(stack)
    parents = {item.name: found.get(item.parent) for item in found.cloud}
    strays = [name for name, parent in parents.items() if not parent.type.startswith(COMPONENT_PREFIX)]
    assert found.cloud and not strays


@pytest.mark.parametrize("stack", STACKS)
def test_components_are_typed_and_register_outputs(stack):
    components = [item for item in graph(stack).resources if item.type.startswith(COMPONENT_PREFIX)]
    assert components and all(item.type.startswith("swapskill:aws:") for item in components)
    silent = {item.type for item in components if not item.outputs}
    assert silent <= {"swapskill:aws:Budget"}, silent


@pytest.mark.parametrize("stack", STACKS)
def test_every_provider_is_explicit_and_refuses_other_accounts(stack):
    found = graph(stack)
    providers = found.of(PROVIDER)
    regions = {region.name for region in load_stack(stack).topology.regions}
    assert {item.inputs["region"] for item in providers} == regions
    for item in providers:
        assert "111122223333" in str(item.inputs["allowedAccountIds"])
        assert "Owner" in str(item.inputs["defaultTags"])
    assert not [item.name for item in found.cloud if not item.options.provider]


@pytest.mark.parametrize("stack", STACKS)
def test_no_rule_of_a_security_group_is_open_to_the_world(stack):
    rules = graph(stack).of(*RULES)
    assert len(rules) > 20 and not [
        item.name for item in rules if EVERYWHERE in json.dumps(bare(item.inputs), default=str)
    ]
    assert all(item.inputs.get("fromPort") == item.inputs.get("toPort") for item in rules)


@pytest.mark.parametrize("stack", STACKS)
def test_every_member_has_one_host_in_its_zone(stack):
    found, topology = graph(stack), load_stack(stack).topology
    hosts = {item.tags["Host"]: item for item in found.of(INSTANCE)}
    assert {node.host for node in topology.nodes()} == set(hosts)
    assert len(found.of(INSTANCE)) == len(hosts)
    for host in topology.hosts:
        subnet = found.used(hosts[host.name], "subnetId")[0]
        region = topology.region_of(host.zone)
        assert subnet.inputs["availabilityZone"] == f"{region}{host.zone[-1]}"


@pytest.mark.parametrize("stack", STACKS)
def test_the_outputs_keep_their_contract(stack):
    text = json.dumps(bare(graph(stack).outputs), default=lambda _: "unknown")
    told = read_outputs(text, origin=stack)
    topology = load_stack(stack).topology
    assert told.stack == stack and told.cluster_class == topology.class_
    assert set(told.members) == {node.name for node in topology.nodes()}
    assert told.members["pg1"].ports["postgres"] == 5432
    assert set(told.secrets) == set(SECRETS)
    assert (told.expires_at is None) == (stack != "ephemeral")


def test_the_committed_schema_is_the_models():
    assert SCHEMA_FILE.read_text() == schema_text(), "python -m infra.aws.outputs"


def test_no_output_is_a_secret_and_every_generated_value_is():
    found = graph("production")
    assert not [name for name, value in found.outputs.items() if has_secret(value)]
    versions = found.of("aws:secretsmanager/secretVersion:SecretVersion")
    assert len(versions) == len(SECRETS) and all(has_secret(item.inputs["secretString"]) for item in versions)
    assert all(item.options.ignore_changes == ("secretString",) for item in versions)


def test_a_preview_does_not_know_what_aws_computes():
    told = previewed("ephemeral").outputs
    assert told["regions"]["eu-west-3"]["vpc_id"] is UNKNOWN


def test_data_are_protected_but_in_an_ephemeral_stack():
    kept = [item for item in graph("production").cloud if item.options.protect]
    kinds = {item.type.rsplit(":", 1)[-1] for item in kept}
    assert {"Key", "Bucket", "Volume", "Zone", "Secret", "Vault", "Instance"} == kinds
    assert not [
        item.name
        for item in graph("ephemeral").cloud
        if item.options.protect or item.options.retain_on_delete
    ]
    assert not graph("ephemeral").of("aws:backup/vault:Vault")


def test_ephemeral_stacks_carry_their_end_and_no_pager():
    found = graph("ephemeral")
    assert all(item.tags["ExpiresAt"].endswith("Z") for item in found.of(INSTANCE))
    assert not found.of("aws:sns/topicSubscription:TopicSubscription")
    assert len(graph("production").of("aws:sns/topicSubscription:TopicSubscription")) == 2


def test_hosts_may_read_their_own_secrets_alone():
    assert readable_by(("etcd",)) == ()
    edge = {"mongo_keyfile", "mongo_prober", "pg_app", "pg_prober", "pgbouncer_admin"}
    assert set(readable_by(("proxy", "router"))) == edge
    assert not [
        roles for roles in (("postgres",), ("mongod-shard",), ("app",)) if "ca_key" in readable_by(roles)
    ]


def test_every_secret_of_the_product_is_generated_and_s3_needs_none():
    assert set(SECRET_NAMES) - set(SECRETS) == {"s3_access", "s3_secret"}
    assert (
        ca_key().startswith("-----BEGIN PRIVATE" + " KEY-----")
        and len(SECRETS["mongo_keyfile"].make()) == 680
    )


def test_the_standby_region_has_copies_of_everything_that_must_survive():
    found = graph("production")
    assert len(found.of("aws:s3/bucketReplicationConfig:BucketReplicationConfig")) == 3
    assert len(found.of("aws:s3/bucket:Bucket")) == 6
    assert {item.region for item in found.of("aws:backup/vault:Vault")} == {"eu-west-3", "eu-central-1"}
    secrets = found.of("aws:secretsmanager/secret:Secret")
    assert all("eu-central-1" in str(item.inputs["replicas"]) for item in secrets)


@pytest.mark.parametrize("purpose", ["wal", "backups", "media"])
def test_a_deletion_reaches_the_copy_where_versions_expire_too(purpose):
    found = graph("production")
    (config,) = [
        item
        for item in found.of("aws:s3/bucketReplicationConfig:BucketReplicationConfig")
        if item.name == purpose
    ]
    assert config.inputs["rules"][0]["deleteMarkerReplication"] == {"status": "Enabled"}
    (role,) = [
        item for item in found.of("aws:iam/rolePolicy:RolePolicy") if item.name == f"{purpose}-replication"
    ]
    assert "s3:ReplicateDelete" in bare(role.inputs["policy"])
    lives = found.of("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
    (copy,) = [item for item in lives if item.name == f"{purpose}-copy"]
    assert copy.inputs["rules"][0]["noncurrentVersionExpiration"] == {"noncurrentDays": 35}
