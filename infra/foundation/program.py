"""The program of the stack `foundation`: a bucket for state, a key for secrets, the pager's address."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from app_core.errors import SwapskillError, UsageError
from infra.aws.components.bucket import Bucket, BucketArgs
from infra.aws.region import PAGER_SECRET
from infra.aws.site import Care
from infra.foundation.state_key import StateKey, StateKeyArgs

PROJECT = "swapskill-foundation"
STATE_CARE = Care(protected=True, lock_days=30, recovery_days=30, retention_days=365)


@dataclass(frozen=True)
class FoundationSettings:
    """account: the providers refuse every other one. dr_region: gets a copy of the pager's secret.

    cost_tag: whether the bill is to be split by the tag `Stack`, which budgets ask for.
    """

    account: str
    region: str
    dr_region: str
    owner: str
    cost_tag: bool


def declare(settings: FoundationSettings) -> dict[str, pulumi.Output[str]]:
    """Declare what other stacks stand on; answers the two addresses that `pulumi login` and `init` need."""
    opts = pulumi.ResourceOptions(providers=[_provider(settings)])
    key = StateKey("state-key", StateKeyArgs(f"{PROJECT}-state", STATE_CARE), opts)
    args = BucketArgs(
        name=f"{PROJECT}-state-{settings.account}-{settings.region}",
        key_arn=key.arn,
        care=STATE_CARE,
        # what the CLI deletes is hidden; the versions under it stay
        lock_mode="GOVERNANCE",
        archived=False,
    )
    bucket = Bucket("state", args, opts)
    _pager(settings, opts)
    if settings.cost_tag:
        _split_the_bill(opts)
    region = settings.region
    return {
        "backend_url": bucket.bucket.id.apply(lambda name: f"s3://{name}?region={region}"),
        "secrets_provider": key.alias.apply(lambda alias: f"awskms://{alias}?region={region}"),
    }


def read_settings(values: dict[str, str]) -> FoundationSettings:
    """Settings from configuration values. Raises UsageError for a bad account or cost_tag."""
    account = values.get("account", "")
    if not re.fullmatch(r"\d{12}", account):
        raise UsageError(
            "the stack's configuration is refused", on=f"{PROJECT}:account",
            why=f"{account!r} is no AWS account (12 digits)", hint="pulumi config set account NUMBER",
        )  # fmt: skip
    region, dr_region = values.get("region", "eu-west-3"), values.get("dr_region", "eu-central-1")
    return FoundationSettings(account, region, dr_region, values.get("owner", "platform"), _cost_tag(values))


def _cost_tag(values: dict[str, str]) -> bool:
    text = values.get("cost_tag", "false")
    if text not in ("true", "false"):
        raise UsageError(
            "the stack's configuration is refused", on=f"{PROJECT}:cost_tag",
            why=f"{text!r} is neither true nor false", hint="pulumi config set cost_tag true",
        )  # fmt: skip
    return text == "true"


def run() -> None:
    """The CLI's entry."""
    config = pulumi.Config(PROJECT)
    keys = ("account", "region", "dr_region", "owner", "cost_tag")
    try:
        settings = read_settings({key: value for key in keys if (value := config.get(key)) is not None})
    except SwapskillError as error:
        raise pulumi.RunError(str(error)) from None
    for name, value in declare(settings).items():
        pulumi.export(name, value)


def _provider(settings: FoundationSettings) -> aws.Provider:
    tags = {
        "Project": "swapskill",
        "Stack": "foundation",
        "Class": "production",
        "Owner": settings.owner,
        "CostCenter": "swapskill-foundation",
        "ManagedBy": "pulumi",
    }
    return aws.Provider(
        f"aws-{settings.region}",
        region=settings.region,
        allowed_account_ids=[settings.account],
        default_tags=aws.ProviderDefaultTagsArgs(tags=tags),
    )


def _pager(settings: FoundationSettings, opts: pulumi.ResourceOptions) -> None:
    """An empty secret: a person puts PagerDuty's integration URL into it, so no stack file holds it."""
    aws.secretsmanager.Secret(
        "pagerduty",
        name=PAGER_SECRET,
        description="PagerDuty's integration URL; its value is put by a person",
        replicas=[aws.secretsmanager.SecretReplicaArgs(region=settings.dr_region)],
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(protect=True, retain_on_delete=True)),
    )


def _split_the_bill(opts: pulumi.ResourceOptions) -> None:
    """Activates the tag by which every stack's budget filters; one an account, and only its payer may.

    AWS refuses a tag that no bill has shown yet, so this is not part of an account's first run.
    """
    aws.costexplorer.CostAllocationTag("stack", tag_key="Stack", status="Active", opts=opts)
