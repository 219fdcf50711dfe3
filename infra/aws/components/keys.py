"""Customer keys of a region: one a purpose, rotated every year."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.aws.components.base import Component
from infra.aws.site import Site

PURPOSES = ("volumes", "wal", "backups", "media", "secrets", "vault", "alerts")
PUBLISHERS = ("cloudwatch.amazonaws.com", "budgets.amazonaws.com")


@dataclass(frozen=True)
class KeysArgs:
    """The stack's site and the keys' region."""

    site: Site
    region: str


class Keys(Component):
    """arns: purpose -> the key's ARN."""

    def __init__(self, name: str, args: KeysArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        self.arns = {purpose: self._key(purpose).arn for purpose in PURPOSES}
        self.register_outputs(dict(self.arns))

    def _key(self, purpose: str) -> aws.kms.Key:
        site = self._args.site
        key = aws.kms.Key(
            f"{self._name}-{purpose}",
            description=f"{site.prefix}: {purpose} in {self._args.region}",
            enable_key_rotation=True,
            rotation_period_in_days=365,
            deletion_window_in_days=site.care.recovery_days,
            policy=_publishers_policy(site.account) if purpose == "alerts" else None,
            opts=site.care.options(self),
        )
        aws.kms.Alias(
            f"{self._name}-{purpose}",
            name=f"alias/{site.prefix}-{purpose}",
            target_key_id=key.key_id,
            opts=self.child(),
        )
        return key


def _publishers_policy(account: str) -> str:
    """The account manages the key; alarms and budgets may encrypt what they publish."""
    return json.dumps({
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Account", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
             "Action": "kms:*", "Resource": "*"},
            {"Sid": "Publishers", "Effect": "Allow", "Principal": {"Service": list(PUBLISHERS)},
             "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "*",
             "Condition": {"StringEquals": {"aws:SourceAccount": account}}},
        ],
    })  # fmt: skip
