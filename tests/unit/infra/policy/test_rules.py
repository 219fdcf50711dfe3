"""Every rule holds on the shipped stacks, and fails with the resource's name on a broken one."""

from __future__ import annotations

import fnmatch

import pytest

from infra.aws.local.values import bare
from infra.policy import ALL, DATA_KEPT, Stack, findings, registry
from tests.unit.infra.aws.stacks import graph, local

from .breaks import BREAKS, KEY, named, statement

RULES = {rule.name: rule for rule in registry()}
SETTINGS = ("Bucket", "NatGateway", "VaultLock")  # their finding names what they belong to


def good(name):
    return Stack(graph(name), local(name).topology)


@pytest.mark.parametrize("stack", ["ephemeral", "staging", "production"])
def test_every_rule_that_binds_its_class_holds(stack):
    found = findings(good(stack))
    assert not {rule: items for rule, items in found.items() if items}
    assert set(found) == {rule.name for rule in registry() if stack in rule.binds}


@pytest.mark.parametrize("case", BREAKS, ids=str)
def test_a_broken_stack_fails_with_the_name(case):
    bad = case.spoil(good(case.stack))
    found = RULES[case.rule].check(bad)
    assert found and all(item.why for item in found)
    assert any(fits(case.named, item.resource) for item in found), [item.resource for item in found]


def fits(pattern, label):
    """The label itself; of a setting, the resource that it belongs to: the same word in its name."""
    if "*" not in pattern:
        return label == pattern
    kind, _, word = pattern.partition(" *")
    belongs = any(kind.startswith(prefix) for prefix in SETTINGS)
    return word in label and (belongs or fnmatch.fnmatch(label, f"{kind} *"))


def test_every_rule_has_a_break_and_says_what_it_demands():
    assert {case.rule for case in BREAKS} == set(RULES)
    for rule in registry():
        assert rule.demands.endswith(".") and set(rule.binds) <= set(ALL) and rule.binds


def test_ephemeral_is_exempt_from_protection_lock_and_backup_alone():
    exempt = {rule.name for rule in registry() if "ephemeral" not in rule.binds}
    assert exempt == {"backed-up", "buckets-locked", "data-protected"}
    assert all(rule.binds in (ALL, DATA_KEPT) for rule in registry())


def test_a_break_is_of_one_resource_alone():
    """What breaks one disk must not fail for another: the finding is not a shot in the dark."""
    case = next(case for case in BREAKS if case.rule == "disks-encrypted")
    assert [item.resource for item in RULES[case.rule].check(case.spoil(good("production")))] == [case.named]


def test_a_key_whose_policy_names_every_resource_and_a_condition_on_everybody_are_no_breach():
    """The production stack's own keys say `Resource: *`; whom a condition narrows down is not everybody."""
    rule, stack = RULES["no-wildcard-iam"], good("production")
    assert any('"Resource": "*"' in str(bare(key.inputs.get("policy"))) for key in stack.graph.of(KEY))
    assert not rule.check(stack)
    narrow = {"StringEquals": {"kms:CallerAccount": "111122223333"}}
    roles = {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/swapskill-*"}}
    name = named(KEY, "alerts", stack)
    everybody = {"Principal": "*", "Action": "kms:Decrypt"}
    for condition in (narrow, roles):
        assert not rule.check(statement(KEY, name, **everybody, Condition=condition)(stack))
    assert rule.check(statement(KEY, name, **everybody)(stack))
