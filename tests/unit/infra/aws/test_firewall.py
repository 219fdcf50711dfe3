"""No security group has one rule twice: AWS refuses the second."""

from __future__ import annotations

from collections import Counter

import pytest

from .stacks import graph

RULES = (
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
)
SAID = ("ipProtocol", "fromPort", "toPort", "cidrIpv4", "prefixListId", "referencedSecurityGroupId")


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
