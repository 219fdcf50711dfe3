"""What moto lacks, in one place: types that it cannot make, and inputs that no answer tells back.

Each has a check of its own: a type's stands in for the call, an input's looks at the request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from app_core.errors import UsageError
from infra.aws.local.backend import Answer
from infra.aws.local.graph import Resource
from infra.aws.local.standin import StandIn
from infra.aws.local.values import bare


@dataclass(frozen=True)
class Gap:
    """A type of resource that moto cannot make.

    call: what it lacks (`service.method`). check: what is wrong with the inputs, a sentence, or None.
    """

    type: str
    call: str
    check: Callable[[Mapping[str, Any]], str | None]


def check_gap(resource: Resource) -> Answer:
    """Check the inputs as the missing call would; answer with a stand-in. UsageError says what is wrong."""
    wrong = GAPS[resource.type].check(bare(resource.inputs))
    if wrong:
        raise UsageError("the cloud would refuse a resource", on=resource.label, why=wrong)
    return StandIn().register(resource)


def _selection(inputs: Mapping[str, Any]) -> str | None:
    if not str(inputs.get("iamRoleArn", "")).startswith("arn:aws:iam::"):
        return "iamRoleArn is no ARN of a role"
    if not inputs.get("planId"):
        return "planId is missing"
    if not inputs.get("resources") and not inputs.get("selectionTags") and not inputs.get("conditions"):
        return "it selects nothing: no resources, no selectionTags, no conditions"
    return None


GAPS: Mapping[str, Gap] = {
    gap.type: gap
    for gap in (Gap("aws:backup/selection:Selection", "backup.create_backup_selection", _selection),)
}


@dataclass(frozen=True)
class Untold:
    """Why an input is not compared. check: how the tests see that it is right nevertheless.

    `id`: the value is part of the resource's id. `request`: the call that makes it has the value.
    `none`: no call has it.
    """

    why: str
    check: Literal["id", "request", "none"]


FOUND_BY = Untold("the resource is found by it: another value is another resource", "id")
SENT = Untold("sent; no answer that is read here tells it back", "request")
OWN = Untold("the provider's own: no call takes it", "none")
LEAVING = Untold("for the deletion alone: nothing keeps it until then", "none")
UNSENT = Untold("not sent: see the code of its service", "none")

# Type -> input -> why a change of it would not show. `make docs` writes it into docs/aws.md.
UNTOLD: Mapping[str, Mapping[str, Untold]] = {
    "aws:backup/plan:Plan": {"name": SENT},
    "aws:backup/vault:Vault": {"name": FOUND_BY},
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration": {"backupVaultName": FOUND_BY},
    "aws:budgets/budget:Budget": {"name": FOUND_BY, "notifications": SENT},
    "aws:cloudwatch/metricAlarm:MetricAlarm": {"metricQueries": SENT},
    "aws:ec2/instance:Instance": {
        "ami": SENT,
        "associatePublicIpAddress": UNSENT,
        "creditSpecification": SENT,
        "disableApiTermination": SENT,
        "rootBlockDevice": SENT,
        "userData": SENT,
    },
    "aws:ec2/natGateway:NatGateway": {"allocationId": SENT},
    "aws:ec2/route:Route": {"destinationCidrBlock": FOUND_BY, "routeTableId": FOUND_BY},
    "aws:ec2/volumeAttachment:VolumeAttachment": {"stopInstanceBeforeDetaching": OWN},
    "aws:ec2/vpcEndpoint:VpcEndpoint": {"securityGroupIds": SENT},
    "aws:ec2/vpcPeeringConnectionAccepter:VpcPeeringConnectionAccepter": {
        "tags": UNSENT,
        "vpcPeeringConnectionId": FOUND_BY,
    },
    "aws:kms/alias:Alias": {"name": FOUND_BY},
    "aws:kms/key:Key": {"deletionWindowInDays": LEAVING, "rotationPeriodInDays": SENT},
    "aws:lb/loadBalancer:LoadBalancer": {"name": SENT},
    "aws:lb/targetGroup:TargetGroup": {"name": SENT},
    "aws:lb/targetGroupAttachment:TargetGroupAttachment": {"targetGroupArn": FOUND_BY},
    "aws:route53/record:Record": {"aliases": SENT, "name": FOUND_BY, "type": FOUND_BY, "zoneId": FOUND_BY},
    "aws:route53/zone:Zone": {"forceDestroy": LEAVING, "vpcs": SENT},
    "aws:s3/bucket:Bucket": {"forceDestroy": LEAVING},
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": {"bucket": FOUND_BY},
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": {"bucket": FOUND_BY},
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": {"bucket": FOUND_BY},
    "aws:s3/bucketPolicy:BucketPolicy": {"bucket": FOUND_BY},
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {"bucket": FOUND_BY},
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": {"bucket": FOUND_BY, "rules": SENT},
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": {
        "bucket": FOUND_BY
    },
    "aws:s3/bucketVersioning:BucketVersioning": {"bucket": FOUND_BY},
    "aws:secretsmanager/secret:Secret": {"recoveryWindowInDays": LEAVING, "replicas": SENT},
    "aws:secretsmanager/secretVersion:SecretVersion": {"secretString": SENT},
    "aws:sns/topic:Topic": {"name": FOUND_BY},
    "aws:sns/topicPolicy:TopicPolicy": {"arn": FOUND_BY},
    "aws:sns/topicSubscription:TopicSubscription": {"endpointAutoConfirms": OWN},
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": {
        "description": SENT,
        "prefixListId": SENT,
    },
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": {"description": SENT},
}
