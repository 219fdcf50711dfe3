"""What moto lacks, in one place: each gap has a check of its own that stands in for the call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app_core.errors import UsageError
from infra.aws.local.backend import Answer
from infra.aws.local.graph import Resource
from infra.aws.local.standin import StandIn
from infra.aws.local.values import bare


@dataclass(frozen=True)
class Gap:
    """A type of resource that moto cannot make.

    call: what it lacks (`service.method`). check: what is wrong with the inputs, a sentence, or None.
    """

    type: str
    call: str
    check: Callable[[Mapping[str, Any]], str | None]


def check_gap(resource: Resource) -> Answer:
    """Check the inputs as the missing call would; answer with a stand-in. UsageError says what is wrong."""
    wrong = GAPS[resource.type].check(bare(resource.inputs))
    if wrong:
        raise UsageError("the cloud would refuse a resource", on=resource.label, why=wrong)
    return StandIn().register(resource)


def _selection(inputs: Mapping[str, Any]) -> str | None:
    if not str(inputs.get("iamRoleArn", "")).startswith("arn:aws:iam::"):
        return "iamRoleArn is no ARN of a role"
    if not inputs.get("planId"):
        return "planId is missing"
    if not inputs.get("resources") and not inputs.get("selectionTags") and not inputs.get("conditions"):
        return "it selects nothing: no resources, no selectionTags, no conditions"
    return None


GAPS: Mapping[str, Gap] = {
    gap.type: gap
    for gap in (Gap("aws:backup/selection:Selection", "backup.create_backup_selection", _selection),)
}
