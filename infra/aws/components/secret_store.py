"""Generated secrets in Secrets Manager: never in an output, in user data, or in clear in the state."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.aws.components.base import Component
from infra.aws.secret_values import SECRETS
from infra.aws.site import Site


@dataclass(frozen=True)
class SecretStoreArgs:
    """replica_region, replica_key_arn: where copies are kept for the DR region; None without one."""

    site: Site
    key_arn: pulumi.Input[str]
    replica_region: str | None
    replica_key_arn: pulumi.Input[str] | None


class SecretStore(Component):
    """arns: name -> the secret's ARN."""

    def __init__(self, name: str, args: SecretStoreArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__(name, opts)
        self._args = args
        self.arns = {secret: self._secret(secret) for secret in SECRETS}
        self.register_outputs(dict(self.arns))

    def _secret(self, name: str) -> pulumi.Output[str]:
        site = self._args.site
        label = name.replace("_", "-")
        secret = aws.secretsmanager.Secret(
            label,
            name=f"{site.prefix}/{name}",
            description=SECRETS[name].about,
            kms_key_id=self._args.key_arn,
            recovery_window_in_days=site.care.recovery_days if site.care.protected else 0,
            replicas=self._replicas(),
            opts=site.care.options(self),
        )
        aws.secretsmanager.SecretVersion(
            label,
            secret_id=secret.id,
            secret_string=pulumi.Output.secret(SECRETS[name].make()),
            # Every run would generate another value; the first stays until it is rotated in place.
            opts=pulumi.ResourceOptions(
                parent=self,
                ignore_changes=["secretString"],
                additional_secret_outputs=["secretString"],
            ),
        )
        return secret.arn

    def _replicas(self) -> list[aws.secretsmanager.SecretReplicaArgs] | None:
        region, key = self._args.replica_region, self._args.replica_key_arn
        if region is None or key is None:
            return None
        return [aws.secretsmanager.SecretReplicaArgs(region=region, kms_key_id=key)]
