"""moto's gaps: each is still one, and each check that stands in for it can fail."""

from __future__ import annotations

from dataclasses import replace

import boto3
import pytest

from app_core.errors import UsageError
from infra.aws.local.gaps import GAPS, check_gap
from infra.aws.local.kinds import kinds
from tests.unit.infra.aws.stacks import graph

from .account import account

BREAKS = {
    "aws:backup/selection:Selection": [
        ("iamRoleArn", "a-role", "no ARN"),
        ("planId", "", "planId"),
        ("selectionTags", [], "selects nothing"),
    ]
}


@pytest.mark.parametrize("gap", GAPS.values(), ids=lambda gap: gap.call)
def test_moto_still_lacks_it(gap):
    service, _, method = gap.call.partition(".")
    call = getattr(boto3.client(service, region_name="eu-west-3"), method)
    selection = {"SelectionName": "x", "IamRoleArn": "arn:aws:iam::123456789012:role/x"}
    with account(), pytest.raises(NotImplementedError):
        call(BackupPlanId="x", BackupSelection=selection)


@pytest.mark.parametrize("kind, name, value, why", [(k, *case) for k, v in BREAKS.items() for case in v])
def test_its_check_refuses(kind, name, value, why):
    good = graph("production").of(kind)[0]
    assert check_gap(good).id
    with pytest.raises(UsageError, match=why):
        check_gap(replace(good, inputs={**good.inputs, name: value}))


def test_every_gap_is_broken_here_and_nothing_is_both_a_gap_and_made():
    assert set(BREAKS) == set(GAPS) and not set(GAPS) & set(kinds())


@pytest.mark.parametrize("stack", ["ephemeral", "staging", "production"])
def test_every_type_that_a_stack_uses_is_made_or_is_a_gap(stack):
    assert not {resource.type for resource in graph(stack).cloud} - set(kinds()) - set(GAPS)
