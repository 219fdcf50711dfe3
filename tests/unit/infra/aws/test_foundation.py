"""The stack that others stand on: its state is versioned, locked and encrypted, and nothing deletes it."""

from __future__ import annotations

import pytest

from app_core.errors import UsageError
from infra.aws.local.run import Program, resolve
from infra.foundation.program import declare, read_settings


def exported(**values):
    import pulumi

    for name, value in declare(read_settings({"account": "111122223333", **values})).items():
        pulumi.export(name, value)


def test_state_is_versioned_locked_and_kept():
    graph = resolve(Program("swapskill-foundation", "foundation", exported))
    (bucket,) = graph.of("aws:s3/bucket:Bucket")
    assert bucket.inputs["objectLockEnabled"] is True and not bucket.inputs.get("forceDestroy")
    assert graph.of("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")
    (versioning,) = graph.of("aws:s3/bucketVersioning:BucketVersioning")
    assert versioning.inputs["versioningConfiguration"] == {"status": "Enabled"}
    (key,) = graph.of("aws:kms/key:Key")
    assert key.inputs["enableKeyRotation"] is True
    held = [bucket, key, *graph.of("aws:secretsmanager/secret:Secret")]
    assert len(held) == 3 and all(item.options.protect and item.options.retain_on_delete for item in held)


def test_the_two_addresses_are_what_the_cli_takes():
    told = resolve(Program("swapskill-foundation", "foundation", exported)).outputs
    assert told["backend_url"] == "s3://swapskill-foundation-state-111122223333-eu-west-3?region=eu-west-3"
    assert told["secrets_provider"].startswith("awskms://") and told["secrets_provider"].endswith(
        "?region=eu-west-3"
    )


@pytest.mark.parametrize("account", ["", "12", "abc"])
def test_a_bad_account_is_refused(account):
    with pytest.raises(UsageError, match="no AWS account"):
        read_settings({"account": account})


COST_TAG = "aws:costexplorer/costAllocationTag:CostAllocationTag"


def test_the_tag_by_which_budgets_filter_is_activated_when_asked_for():
    from .stacks import graph

    with_tag = Program("swapskill-foundation", "foundation", lambda: exported(cost_tag="true"))
    (tag,) = resolve(with_tag).of(COST_TAG)
    assert tag.inputs["status"] == "Active"
    (budget,) = graph("ephemeral").of("aws:budgets/budget:Budget")
    (filtered,) = budget.inputs["costFilters"]
    assert filtered["values"] == [f"user:{tag.inputs['tagKey']}$ephemeral"]
    assert not resolve(Program("swapskill-foundation", "foundation", exported)).of(COST_TAG)


def test_a_bad_word_for_the_cost_tag_is_refused():
    with pytest.raises(UsageError, match="cost_tag.*neither true nor false"):
        read_settings({"account": "111122223333", "cost_tag": "yes"})
