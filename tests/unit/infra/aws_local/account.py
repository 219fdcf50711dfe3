"""An account of moto for one test: empty, with AWS's own policies, and what is left in it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import boto3
from moto import mock_aws

from infra.aws.local.cloud import Cloud

REGIONS = ("eu-west-3", "eu-central-1")


@contextlib.contextmanager
def account() -> Iterator[Cloud]:
    """Every call of boto3 inside goes to moto."""
    with mock_aws(config={"iam": {"load_aws_managed_policies": True}}):
        yield Cloud()


def left() -> list[str]:
    """Everything that an account would still pay for or trip over; default networks are AWS's own."""
    return sorted(item for region in REGIONS for item in _regional(region)) + sorted(_global())


def _regional(region: str) -> Iterator[str]:
    def client(name):
        return boto3.client(name, region_name=region)

    ec2 = client("ec2")
    yield from (v["VpcId"] for v in ec2.describe_vpcs()["Vpcs"] if not v["IsDefault"])
    yield from (v["VolumeId"] for v in ec2.describe_volumes()["Volumes"])
    yield from (a["AllocationId"] for a in ec2.describe_addresses()["Addresses"])
    yield from (
        instance["InstanceId"]
        for reservation in ec2.describe_instances()["Reservations"]
        for instance in reservation["Instances"]
        if instance["State"]["Name"] != "terminated"
    )
    gateways = ec2.describe_nat_gateways()["NatGateways"]
    yield from (g["NatGatewayId"] for g in gateways if g["State"] not in ("deleted", "deleting"))
    kms = client("kms")
    for key in kms.list_keys()["Keys"]:
        if kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] != "PendingDeletion":
            yield key["KeyId"]
    yield from (s["Name"] for s in client("secretsmanager").list_secrets()["SecretList"])
    yield from (b["LoadBalancerName"] for b in client("elbv2").describe_load_balancers()["LoadBalancers"])
    yield from (g["TargetGroupName"] for g in client("elbv2").describe_target_groups()["TargetGroups"])
    yield from (v["BackupVaultName"] for v in client("backup").list_backup_vaults()["BackupVaultList"])
    yield from (p["BackupPlanName"] for p in client("backup").list_backup_plans()["BackupPlansList"])
    yield from (a["AlarmName"] for a in client("cloudwatch").describe_alarms()["MetricAlarms"])
    yield from (t["TopicArn"] for t in client("sns").list_topics()["Topics"])


def _global() -> Iterator[str]:
    yield from (b["Name"] for b in boto3.client("s3", region_name=REGIONS[0]).list_buckets()["Buckets"])
    yield from (z["Name"] for z in boto3.client("route53").list_hosted_zones()["HostedZones"])
    iam = boto3.client("iam")
    yield from (r["RoleName"] for r in iam.list_roles()["Roles"])
    yield from (p["InstanceProfileName"] for p in iam.list_instance_profiles()["InstanceProfiles"])
