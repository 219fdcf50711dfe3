"""Only expired stacks of class ephemeral are reaped; everything else is told with its reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import boto3
import pytest

from app_core.errors import RefusedError
from infra.aws.local.apply import apply
from infra.aws.local.cloud import Cloud
from infra.aws.reaper import ASKED_FIRST, Tagged, find_tagged, judge

from .account import account
from .tiny import TAGS, program

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
OLD = NOW - timedelta(hours=6)


def verdict(*found, older="4h"):
    judged = judge(found, NOW, timedelta(hours=int(older.rstrip("h"))))
    return (judged[0].reap, judged[0].why) if judged else None


def test_an_expired_stack_is_reaped():
    assert verdict(Tagged("a", TAGS, OLD), Tagged("b", TAGS)) == (True, "expired")


def test_what_is_left_of_a_stack_without_hosts_is_reaped_too():
    assert verdict(Tagged("a", TAGS)) == (True, "expired")


@pytest.mark.parametrize(
    "changes, started, why",
    [
        ({"ExpiresAt": "2026-11-26T13:00:00Z"}, OLD, "it expires at"),
        ({"ExpiresAt": "soon"}, OLD, "no readable tag"),
        ({"ExpiresAt": ""}, OLD, "no readable tag"),
        ({"Stack": "production"}, OLD, "not that of an ephemeral stack"),
        ({}, NOW - timedelta(hours=1), "its first host started 1.0 h ago"),
    ],
)
def test_what_is_not_reaped_says_why(changes, started, why):
    found = verdict(Tagged("a", {**TAGS, **changes}, started))
    assert found is not None and not found[0] and why in found[1]


@pytest.mark.parametrize("other", ["staging", "production", ""])
def test_one_resource_of_another_class_saves_the_whole_stack(other):
    mixed = Tagged("b", {**TAGS, "Class": other})
    assert verdict(Tagged("a", TAGS, OLD), mixed) == (False, "some of its resources are of another class")


@pytest.mark.parametrize("changes", [{"Project": "other"}, {"Class": "production"}, {"Stack": ""}])
def test_other_stacks_are_not_even_listed(changes):
    assert verdict(Tagged("a", {**TAGS, **changes}, OLD)) is None


def test_the_latest_expiry_counts():
    later = {**TAGS, "ExpiresAt": "2026-11-26T14:00:00Z"}
    found = verdict(Tagged("a", TAGS, OLD), Tagged("b", later))
    assert found is not None and not found[0]


def test_stacks_are_found_in_an_account_by_their_tags():
    with account() as cloud:
        apply(program(), cloud)
        ec2 = boto3.client("ec2", region_name="eu-west-3")
        ec2.create_volume(AvailabilityZone="eu-west-3a", Size=1)  # somebody else's
        found = find_tagged(Cloud().client, ["eu-west-3"])
        judged = judge(found, datetime(2031, 1, 1, tzinfo=UTC), timedelta(hours=4))
    assert [(item.stack, item.reap, item.resources) for item in judged] == [("ephemeral-7", True, 3)]


def test_without_credentials_it_is_refused(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with pytest.raises(RefusedError, match="AWS cannot be asked"):
        find_tagged(Cloud().client, ["eu-west-3"])


def tags_as_list(name="TagKey", value="TagValue"):
    return [{name: key, value: text} for key, text in TAGS.items()]


def test_a_region_that_the_account_did_not_opt_in_to_is_not_asked():
    asked = []

    def client(service, region):
        if region == ASKED_FIRST:
            return SimpleNamespace(describe_regions=lambda: {"Regions": [{"RegionName": "eu-west-3"}]})
        asked.append(region)
        return Cloud().client(service, region)

    with account():
        find_tagged(client, ["eu-west-3", "eu-south-2"])
    assert set(asked) == {"eu-west-3"}


def test_what_a_destroyed_stack_left_behind_is_not_found():
    with account():
        ec2, kms = (boto3.client(name, region_name="eu-west-3") for name in ("ec2", "kms"))
        spec = [{"ResourceType": "instance", "Tags": tags_as_list("Key", "Value")}]
        image = ec2.describe_images()["Images"][0]["ImageId"]
        made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, TagSpecifications=spec)
        host, key = made["Instances"][0]["InstanceId"], kms.create_key(Tags=tags_as_list())
        found = {item.arn.rpartition("/")[2] for item in find_tagged(Cloud().client, ["eu-west-3"])}
        assert {host, key["KeyMetadata"]["KeyId"]} <= found, "while both are there"
        ec2.terminate_instances(InstanceIds=[host])
        kms.schedule_key_deletion(KeyId=key["KeyMetadata"]["KeyId"], PendingWindowInDays=7)
        assert not find_tagged(Cloud().client, ["eu-west-3"])
