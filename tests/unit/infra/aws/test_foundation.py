"""The stack that others stand on: its state is versioned, locked and encrypted, and nothing deletes it."""

from __future__ import annotations

import pytest

from app_core.errors import UsageError
from infra.aws.local.run import Program, resolve
from infra.foundation.program import declare, read_settings


def exported():
    import pulumi

    for name, value in declare(read_settings({"account": "111122223333"})).items():
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
