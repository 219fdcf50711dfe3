"""What a promoted DR region needs: its applications reach PostgreSQL, its copies can be restored."""

from __future__ import annotations

import json

from infra.aws.local.values import bare
from infra.aws.ports import flows
from tests.unit.infra.topology.files import warm

from .stacks import graph, graph_of

INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
BOTH = {"app": 1, "postgres": 1}
POLICY = "aws:iam/rolePolicy:RolePolicy"


def rules(found, kind, word):
    return {item.name: item.inputs for item in found.of(kind) if word in item.name}


def test_applications_reach_the_promoted_postgresql_in_both_regions():
    opened = rules(graph("production"), INGRESS, "app-to-postgres")
    assert set(opened) == {
        "firewall-eu-central-1-in-app-to-postgres-5432",
        "firewall-eu-central-1-in-app-to-postgres-5432-peer",
    }
    assert all(item["fromPort"] == 5432 for item in opened.values())
    assert opened["firewall-eu-central-1-in-app-to-postgres-5432-peer"]["cidrIpv4"] == "10.20.0.0/16"
    assert set(rules(graph("production"), EGRESS, "app-to-postgres")) == {
        "firewall-eu-central-1-out-app-to-postgres-5432",
        "firewall-eu-west-3-out-app-to-postgres-5432-peer",
    }
    assert "app" in graph("production").outputs["regions"]["eu-central-1"]["security_groups"]


def test_in_the_primary_region_applications_pass_the_proxies():
    assert not [flow for flow in flows(BOTH) if flow.source == "app"]
    assert [flow.port for flow in flows(BOTH, dr=True) if flow.source == "app"] == [5432]


def test_hidden_members_read_the_copies_of_the_backups_and_write_none():
    (policy,) = [item for item in graph_of(warm()).of(POLICY) if item.name.endswith("-mongod-hidden")]
    said = json.loads(bare(policy.inputs["policy"]))["Statement"]
    copy = "arn:aws:s3:::swapskill-production-backups-111122223333-copy"
    of_objects = [item["Action"] for item in said if f"{copy}/*" in item["Resource"]]
    assert of_objects == [["s3:GetObject"]] and "key/keys-eu-central-1-backups" in json.dumps(said)
    assert any(
        "backup_cipher" in text or "backup-cipher" in text for item in said for text in item["Resource"]
    )
