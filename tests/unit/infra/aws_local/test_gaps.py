"""moto's gaps: each is still one, and each check that stands in for it can fail."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import boto3
import pytest

from app_core.errors import UsageError
from infra.aws.local.differences import uncompared
from infra.aws.local.gaps import GAPS, UNTOLD, check_gap
from infra.aws.local.graph import Resource
from infra.aws.local.kinds import kinds
from tests.unit.infra.aws.stacks import graph

from .account import account
from .recorder import wrong

sys.path.insert(0, str(Path(__file__).parents[4] / "tools"))
import moto_gaps

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


KEY = Resource("urn:key", "aws:kms/key:Key", "key", inputs={"rotationPeriodInDays": 365}, id="k-1")
ALIAS = Resource("urn:alias", "aws:kms/alias:Alias", "alias", inputs={"name": "alias/one"}, id="alias/one")


def test_an_input_that_is_said_to_be_sent_and_is_not_is_noticed():
    assert wrong(KEY, "rotationPeriodInDays", {"365"}) is None
    assert "no request has rotationPeriodInDays" in str(wrong(KEY, "rotationPeriodInDays", {"90"}))


def test_an_input_that_is_said_to_be_in_the_id_and_is_not_is_noticed():
    assert wrong(ALIAS, "name", set()) is None
    assert "does not say name" in str(wrong(replace(ALIAS, id="alias/two"), "name", set()))


def test_an_input_that_no_answer_tells_is_named():
    assert uncompared(KEY, {"description": ""}) == ("rotationPeriodInDays",)
    assert uncompared(KEY, {"rotationPeriodInDays": 365}) == ()


def test_a_type_that_cannot_be_made_has_no_inputs_in_the_list():
    assert not set(UNTOLD) & set(GAPS) and set(UNTOLD) <= set(kinds())


def test_the_page_has_the_list():
    assert moto_gaps.PAGE.read_text() == moto_gaps.page(moto_gaps.PAGE.read_text()), "stale: make docs"
