"""No name is longer than AWS allows, with what Pulumi appends where it makes the name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from infra.aws.hosts import LONGEST_NAME, profile_name
from infra.aws.local.run import resolve
from infra.aws.local.stacks import make_stack
from infra.aws.local.values import bare
from tests.unit.infra.topology.files import warm

from .stacks import graph, graph_of, local

APPENDED = 8  # a hyphen and 7 hexadecimal digits
LIMITS = {
    "aws:backup/plan:Plan": ("name", 50),
    "aws:backup/selection:Selection": ("name", 50),
    "aws:backup/vault:Vault": ("name", 50),
    "aws:budgets/budget:Budget": ("name", 100),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("name", 255),
    "aws:ec2/securityGroup:SecurityGroup": ("name", 255),
    "aws:iam/instanceProfile:InstanceProfile": ("name", 128),
    "aws:iam/role:Role": ("name", 64),
    "aws:iam/rolePolicy:RolePolicy": ("name", 128),
    "aws:kms/alias:Alias": ("name", 256),
    "aws:lb/loadBalancer:LoadBalancer": ("name", 32),
    "aws:lb/targetGroup:TargetGroup": ("name", 32),
    "aws:s3/bucket:Bucket": ("bucket", 63),
    "aws:secretsmanager/secret:Secret": ("name", 512),
    "aws:sns/topic:Topic": ("name", 256),
}


def too_long(found):
    """Resources whose name AWS would refuse: the given one, or the logical one and what is appended."""
    return [
        item.label
        for kind, (key, most) in LIMITS.items()
        for item in found.of(kind)
        if len(str(bare(item.inputs.get(key)) or item.name + "x" * APPENDED)) > most
    ]


def longest_ephemeral():
    """The ephemeral stack under the longest name that a CI run may give it."""
    settings = replace(local("ephemeral").settings, stack="ephemeral-abcdefghijkl")
    return resolve(make_stack(settings, local("ephemeral").topology).program)


GRAPHS = {
    "ephemeral": lambda: graph("ephemeral"),
    "staging": lambda: graph("staging"),
    "production": lambda: graph("production"),
    "warm": lambda: graph_of(warm()),
    "longest": longest_ephemeral,
}


@pytest.mark.parametrize("stack", GRAPHS)
def test_every_name_fits(stack):
    found = GRAPHS[stack]()
    assert not too_long(found)
    assert len([kind for kind in LIMITS if found.of(kind)]) >= len(LIMITS) - 3, "ephemeral has no backup plan"


@pytest.mark.parametrize("kind", LIMITS)
def test_a_name_that_is_too_long_is_seen(kind):
    good, (key, most) = graph("production").of(kind)[0], LIMITS[kind]
    own = {name: value for name, value in good.inputs.items() if name != key}
    for bad in (replace(good, name="x" * (most - APPENDED + 1), inputs=own),
                replace(good, inputs={**own, key: "x" * (most + 1)})):  # fmt: skip
        found = replace(graph("production"), resources=(bad,))
        assert too_long(found) == [bad.label]


def test_a_profile_says_its_roles_and_where_they_are_too_many_its_role_does():
    assert profile_name("eu-west-3", ("etcd", "postgres")) == "profile-eu-west-3-etcd+postgres"
    roles = ("etcd", "mongod-config", "mongod-shard", "postgres")
    short = profile_name("eu-west-3", roles)
    assert len(short) <= LONGEST_NAME and "etcd" not in short
    assert short != profile_name("eu-west-3", roles[1:] + ("proxy",))
    (role,) = [item for item in graph("ephemeral").of("aws:iam/role:Role") if item.name == short]
    assert role.inputs["description"] == f"Hosts with the roles {', '.join(roles)}"
