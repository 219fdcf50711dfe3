"""The key that encrypts stacks' secrets (`awskms://`) and their state."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.aws.components.base import Component
from infra.aws.site import Care


@dataclass(frozen=True)
class StateKeyArgs:
    """alias: the key's name without `alias/`."""

    alias: str
    care: Care


class StateKey(Component):
    """arn, alias: of the key."""

    def __init__(self, name: str, args: StateKeyArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__(name, opts)
        key = aws.kms.Key(
            name,
            description="State of Pulumi stacks and the secrets in it",
            enable_key_rotation=True,
            rotation_period_in_days=365,
            deletion_window_in_days=args.care.recovery_days,
            opts=args.care.options(self),
        )
        alias = aws.kms.Alias(name, name=f"alias/{args.alias}", target_key_id=key.key_id, opts=self.child())
        self.arn, self.alias = key.arn, alias.name
        self.register_outputs({"arn": key.arn, "alias": alias.name})
