"""No policy gives more than it names: no star for action, resource or principal, no foreign policy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from infra.aws.local.graph import Resource
from infra.aws.local.types import BUCKET_POLICY, KEY, POLICY, ROLE, ROLE_POLICY, TOPIC, TOPIC_POLICY
from infra.aws.local.values import as_list, as_map, bare, is_map
from infra.policy._stack import ALL, Finding, Stack, statements, words

BINDS = ALL
ATTACHED = (
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    "aws:iam/policyAttachment:PolicyAttachment",
)
USER_POLICY, GROUP_POLICY = "aws:iam/userPolicy:UserPolicy", "aws:iam/groupPolicy:GroupPolicy"
ROLES = (ROLE_POLICY, USER_POLICY, GROUP_POLICY, POLICY, ROLE)
HELD = (BUCKET_POLICY, KEY, TOPIC, TOPIC_POLICY)
ACCOUNT_ROOT = re.compile(r"arn:aws:iam::\d{12}:root")
OBJECTS = re.compile(r"arn:aws:s3:::[^*?/]+/.*")  # objects of one bucket
# Conditions that say who everybody is: an account or an ARN, compared for equality.
SAYS_WHO = frozenset({"aws:principalaccount", "aws:principalarn", "aws:sourceaccount", "aws:sourcearn",
                      "kms:calleraccount"})  # fmt: skip
EQUALITY = frozenset({"arnequals", "arnlike", "stringequals", "stringlike"})
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
    graph = stack.graph
    return [
        *(Finding(r.label, why) for r in graph.of(*ATTACHED, ROLE) for why in _foreign(r)),
        *(Finding(r.label, why) for r in graph.of(*ROLES) for s in _allowed(r) for why in _of_role(s)),
        *(Finding(r.label, why) for r in graph.of(*HELD) for s in _allowed(r) for why in _of_held(r, s)),
    ]


def _foreign(resource: Resource) -> Iterator[str]:
    """Policies of AWS that a role takes over, attached or in its own list."""
    for arn in words(resource.inputs.get("policyArn") or resource.inputs.get("managedPolicyArns")):
        if arn.startswith("arn:aws:iam::aws:") and arn not in ACCEPTED and not arn.startswith(BACKUP):
            yield f"it takes over {arn}, which names no resource"


def _allowed(resource: Resource) -> Iterator[Mapping[str, Any]]:
    """The statements that allow something, of every document that a resource has."""
    inline = [as_map(item).get("policy") for item in as_list(bare(resource.inputs.get("inlinePolicies")))]
    own = [resource.inputs.get("policy"), resource.inputs.get("assumeRolePolicy")]
    for document in (item for item in (*own, *inline) if item):
        yield from (item for item in statements(document) if item.get("Effect") == "Allow")


def _of_role(statement: Mapping[str, Any]) -> Iterator[str]:
    """What a role, user or group may do, and who may be the role: a condition excuses no star."""
    yield from _too_much(statement)
    scoped = ", ".join(sorted({*_actions(statement)} - UNSCOPED))
    for resource in filter(_open, words(statement.get("Resource"))):
        if scoped or resource != "*":
            yield f"it allows {scoped or 'actions'} on {'every resource' if resource == '*' else resource}"
    if "NotPrincipal" in statement or "*" in _trusted(statement):
        yield "it trusts everybody"


def _of_held(held: Resource, statement: Mapping[str, Any]) -> Iterator[str]:
    """Who may use a key, a bucket, a topic: in the policy of one thing, `Resource: *` is that thing."""
    trusted = _trusted(statement)
    account = bool(trusted) and all(ACCOUNT_ROOT.fullmatch(who) for who in trusted)
    if not (held.type == KEY and account):  # a key whose account may not do everything can be lost for ever
        yield from _too_much(statement)
    if "NotPrincipal" in statement or ("*" in trusted and not _says_who(statement)):
        yield "it trusts everybody"


def _open(resource: str) -> bool:
    """Whether a resource is more than one thing; the objects of one bucket are one."""
    return ("*" in resource or "?" in resource) and not OBJECTS.fullmatch(resource)


def _says_who(statement: Mapping[str, Any]) -> bool:
    """Whether a condition narrows everybody down to an account or to one account's ARNs."""
    return any(
        operator.lower() in EQUALITY and key.lower() in SAYS_WHO and all(map(_of_one, words(values) or ["*"]))
        for operator, keys in as_map(statement.get("Condition")).items()
        for key, values in as_map(keys).items()
    )


def _of_one(value: str) -> bool:
    """An account's number, or an ARN with a star at most in its last part."""
    return not {"*", "?"} & {*"".join(value.split(":", 5)[:5])}


def _too_much(statement: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"it allows {action}" for action in _actions(statement) if "*" in action)
    if "NotAction" in statement or "NotResource" in statement:
        yield "it allows all but a list"


def _actions(statement: Mapping[str, Any]) -> list[str]:
    return words(statement.get("Action"))


def _trusted(statement: Mapping[str, Any]) -> list[str]:
    """Accounts, roles and services that a statement names; `*` is everybody."""
    principal = statement.get("Principal")
    return [who for item in as_map(principal).values() for who in words(item)] or (
        [] if is_map(principal) else words(principal)
    )
