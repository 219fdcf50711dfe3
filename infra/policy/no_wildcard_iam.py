"""No role may do more than is named: no action with a star, no resource `*`, no foreign policy but one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from infra.aws.local.graph import Resource
from infra.aws.local.types import BUCKET_POLICY, POLICY, ROLE, ROLE_POLICY
from infra.aws.local.values import is_map
from infra.policy._stack import ALL, Finding, Stack, statements, words

BINDS = ALL
ATTACHED = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
# AWS's own policy of a host that people reach through Systems Manager.
ACCEPTED = ("arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",)
BACKUP = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyFor"
# Actions for which AWS knows no resource: there `*` is the only word that works.
UNSCOPED = frozenset({
    "cloudwatch:PutMetricData",
    "ec2:DescribeInstances",
    "ec2:DescribeTags",
    "ec2:DescribeVolumes",
    "ec2messages:AcknowledgeMessage",
    "ec2messages:DeleteMessage",
    "ec2messages:FailMessage",
    "ec2messages:GetEndpoint",
    "ec2messages:GetMessages",
    "ec2messages:SendReply",
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
})  # fmt: skip


def check(stack: Stack) -> list[Finding]:
    """Read every statement that allows something, and the names of AWS's own policies."""
    foreign = [
        Finding(attached.label, f"it takes over {arn}, which names no resource")
        for attached in stack.graph.of(ATTACHED)
        if (arn := str(attached.inputs.get("policyArn", ""))).startswith("arn:aws:iam::aws:")
        and arn not in ACCEPTED
        and not arn.startswith(BACKUP)
    ]
    return foreign + [
        Finding(policy.label, why)
        for policy in stack.graph.of(ROLE_POLICY, POLICY, ROLE, BUCKET_POLICY)
        for statement in statements(policy.inputs.get("policy") or policy.inputs.get("assumeRolePolicy"))
        if statement.get("Effect") == "Allow"
        for why in _breaches(policy, statement)
    ]


def _breaches(policy: Resource, statement: Mapping[str, Any]) -> Iterator[str]:
    actions = words(statement.get("Action"))
    yield from (f"it allows {action}" for action in actions if "*" in action)
    if "NotAction" in statement or "NotResource" in statement:
        yield "it allows all but a list"
    if "*" in words(statement.get("Resource")) and not {*actions} <= UNSCOPED:
        yield f"it allows {', '.join(sorted({*actions} - UNSCOPED))} on every resource"
    principal = statement.get("Principal")
    named = words(principal.get("AWS")) if is_map(principal) else words(principal)
    if "*" in named:
        yield "it trusts everybody"
