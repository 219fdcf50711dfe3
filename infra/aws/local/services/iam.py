"""IAM: roles, their policies, instance profiles."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from infra.aws.local.backend import Answer
from infra.aws.local.cloud import is_gone
from infra.aws.local.graph import Resource
from infra.aws.local.kinds import Kind
from infra.aws.local.table import Table, listed, pick, tags_of
from infra.aws.local.values import bare


def _text(document: Any) -> str:
    """A policy as text: boto3 gives it decoded, the API percent-encoded."""
    return unquote(document) if isinstance(document, str) else json.dumps(document)


ROLE = Table(
    type="aws:iam/role:Role",
    service="iam",
    create="create_role",
    made="Role",
    id="RoleName",
    find=("get_role", {"RoleName": "{id}"}),
    found="Role",
    delete=("delete_role", {"RoleName": "{id}"}),
    fields={
        "assumeRolePolicy": "AssumeRolePolicyDocument",
        "description": "Description",
        "path": "Path",
        "maxSessionDuration": "MaxSessionDuration",
    },
    outputs={"arn": "Arn", "name": "RoleName"},
    tags=listed,
    more=lambda resource: {"RoleName": resource.inputs.get("name", resource.name)},
)
POLICY = Table(
    type="aws:iam/policy:Policy",
    service="iam",
    create="create_policy",
    made="Policy",
    id="Arn",
    find=("get_policy", {"PolicyArn": "{id}"}),
    found="Policy",
    delete=("delete_policy", {"PolicyArn": "{id}"}),
    fields={"policy": "PolicyDocument", "description": "Description"},
    outputs={"arn": "Arn", "name": "PolicyName"},
    tags=listed,
    more=lambda resource: {"PolicyName": resource.inputs.get("name", resource.name)},
    told=lambda client, resource, found: {
        "policy": _text(
            client.get_policy_version(PolicyArn=resource.id, VersionId=found["DefaultVersionId"])[
                "PolicyVersion"
            ]["Document"]
        )
    },
)


def _put(client: Any, resource: Resource) -> Answer:
    inputs = bare(resource.inputs)
    name = inputs.get("name", resource.name)
    client.put_role_policy(RoleName=inputs["role"], PolicyName=name, PolicyDocument=inputs["policy"])
    return Answer(f"{inputs['role']}:{name}")


def _get(client: Any, resource: Resource) -> Mapping[str, Any] | None:
    role, _, name = resource.id.partition(":")
    try:
        told = client.get_role_policy(RoleName=role, PolicyName=name)
    except Exception as error:  # botocore makes its classes at run time
        if is_gone(error):
            return None
        raise
    return {"policy": _text(told["PolicyDocument"]), "role": role}


def _remove(client: Any, resource: Resource) -> None:
    role, _, name = resource.id.partition(":")
    client.delete_role_policy(RoleName=role, PolicyName=name)


def _attach(client: Any, resource: Resource) -> Answer:
    inputs = bare(resource.inputs)
    client.attach_role_policy(RoleName=inputs["role"], PolicyArn=inputs["policyArn"])
    return Answer(f"{inputs['role']} {inputs['policyArn']}")


def _attached(client: Any, resource: Resource) -> Mapping[str, Any] | None:
    role, _, policy = resource.id.partition(" ")
    told = client.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    return {"role": role, "policyArn": policy} if policy in (item["PolicyArn"] for item in told) else None


def _detach(client: Any, resource: Resource) -> None:
    role, _, policy = resource.id.partition(" ")
    client.detach_role_policy(RoleName=role, PolicyArn=policy)


def _profile(client: Any, resource: Resource) -> Answer:
    inputs = bare(resource.inputs)
    name = inputs.get("name", resource.name)
    made = client.create_instance_profile(InstanceProfileName=name, **listed(resource))["InstanceProfile"]
    client.add_role_to_instance_profile(InstanceProfileName=name, RoleName=inputs["role"])
    return Answer(name, {"arn": made["Arn"], "name": name})


def _profile_read(client: Any, resource: Resource) -> Mapping[str, Any] | None:
    try:
        found = client.get_instance_profile(InstanceProfileName=resource.id)["InstanceProfile"]
    except Exception as error:  # botocore makes its classes at run time
        if is_gone(error):
            return None
        raise
    return {"role": pick(found, "Roles.RoleName"), "tags": tags_of(found)}


def _profile_delete(client: Any, resource: Resource) -> None:
    role = bare(resource.inputs["role"])
    client.remove_role_from_instance_profile(InstanceProfileName=resource.id, RoleName=role)
    client.delete_instance_profile(InstanceProfileName=resource.id)


KINDS = (
    ROLE.kind(),
    POLICY.kind(),
    Kind("aws:iam/rolePolicy:RolePolicy", "iam", _put, _get, _remove),
    Kind("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "iam", _attach, _attached, _detach),
    Kind("aws:iam/instanceProfile:InstanceProfile", "iam", _profile, _profile_read, _profile_delete),
)
