"""What a host may do: an instance profile for each combination of roles in a region, with named resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.aws.components.base import Component
from infra.aws.documents import Grant, assumed_by, policy

SSM_CORE = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
READ_WRITE = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload")


@dataclass(frozen=True)
class ProfileArgs:
    """ARNs of what hosts with these roles may use: `secrets` and `read` to read, `buckets` also to write."""

    roles: tuple[str, ...]
    secrets: Mapping[str, pulumi.Input[str]]
    buckets: Mapping[str, pulumi.Input[str]]
    read: Mapping[str, pulumi.Input[str]]
    keys: Mapping[str, pulumi.Input[str]]


class Profile(Component):
    """name: of the instance profile."""

    def __init__(self, name: str, args: ProfileArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__(name, opts)
        role = aws.iam.Role(
            name,
            description=f"Hosts with the roles {', '.join(args.roles)}",
            assume_role_policy=assumed_by("ec2.amazonaws.com"),
            opts=self.child(),
        )
        # Operators come in by Systems Manager: no bastion, no open port, every login on record.
        aws.iam.RolePolicyAttachment(f"{name}-ssm", role=role.name, policy_arn=SSM_CORE, opts=self.child())
        arns = pulumi.Output.all(
            secrets=list(args.secrets.values()),
            buckets=list(args.buckets.values()),
            read=list(args.read.values()),
            keys=list(args.keys.values()),
        )
        if args.secrets or args.buckets or args.read:
            aws.iam.RolePolicy(name, role=role.id, policy=arns.apply(_document), opts=self.child())
        profile = aws.iam.InstanceProfile(name, role=role.name, opts=self.child())
        self.name = profile.name
        self.register_outputs({"name": self.name})


def _document(arns: Mapping[str, list[str]]) -> str:
    grants: list[Grant] = []
    if arns["secrets"]:
        grants.append(Grant(("secretsmanager:GetSecretValue",), tuple(arns["secrets"])))
    if arns["buckets"]:
        grants.append(Grant(("s3:ListBucket", "s3:GetBucketLocation"), tuple(arns["buckets"])))
        grants.append(Grant(READ_WRITE, tuple(f"{bucket}/*" for bucket in arns["buckets"])))
    if arns["read"]:
        grants.append(Grant(("s3:ListBucket", "s3:GetBucketLocation"), tuple(arns["read"])))
        grants.append(Grant(("s3:GetObject",), tuple(f"{bucket}/*" for bucket in arns["read"])))
    if arns["keys"]:
        grants.append(Grant(("kms:Decrypt", "kms:GenerateDataKey"), tuple(arns["keys"])))
    return policy(grants)
