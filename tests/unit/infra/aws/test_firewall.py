"""What AWS refuses of security groups: one rule twice, and a description with other characters."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import pytest

from tests.unit.infra.topology.files import warm

from .stacks import graph, graph_of

RULES = (
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
)
SAID = ("ipProtocol", "fromPort", "toPort", "cidrIpv4", "prefixListId", "referencedSecurityGroupId")

GROUP = "aws:ec2/securityGroup:SecurityGroup"
DESCRIPTION = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}")  # EC2's API reference


def unreadable(found):
    """The groups and rules whose description EC2 would refuse."""
    return [item.name for item in found if not DESCRIPTION.fullmatch(item.inputs["description"])]


def twice(rules):
    said = Counter(
        (rule.type, rule.inputs["securityGroupId"], *(str(rule.inputs.get(key)) for key in SAID))
        for rule in rules
    )
    return [rule for rule, count in said.items() if count > 1]


@pytest.mark.parametrize("stack", ["ephemeral", "staging", "production"])
def test_every_rule_is_said_once(stack):
    rules = graph(stack).of(*RULES)
    assert rules and not twice(rules)


def test_a_rule_that_is_said_twice_is_seen():
    rule = graph("ephemeral").of(*RULES)[0]
    assert twice([rule, rule])


@pytest.mark.parametrize("stack", ["ephemeral", "staging", "production", "warm"])
def test_every_description_is_one_that_ec2_takes(stack):
    found = graph_of(warm()) if stack == "warm" else graph(stack)
    assert len(found.of(GROUP, *RULES)) > 20 and not unreadable(found.of(GROUP, *RULES))


@pytest.mark.parametrize("text", ["the cluster's stream", "a" * 256, "déjà vu", 'a "word"'])
def test_a_description_that_ec2_refuses_is_seen(text):
    rule = graph("ephemeral").of(*RULES)[0]
    bad = replace(rule, inputs={**rule.inputs, "description": text})
    assert unreadable([rule, bad]) == [bad.name]
