"""S3: buckets. What the provider keeps as resources of their own beside a bucket is in s3_settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.aws.local.backend import Answer
from infra.aws.local.cloud import is_gone
from infra.aws.local.graph import Resource
from infra.aws.local.kinds import Kind
from infra.aws.local.table import pairs, tags_of
from infra.aws.local.values import bare

US_EAST_1 = "us-east-1"  # the only region that must not be named when a bucket is made


def _create(client: Any, resource: Resource) -> Answer:
    name = bare(resource.inputs["bucket"])
    place = {} if resource.region == US_EAST_1 else {"LocationConstraint": resource.region}
    client.create_bucket(
        Bucket=name,
        ObjectLockEnabledForBucket=bool(resource.inputs.get("objectLockEnabled", False)),
        **({"CreateBucketConfiguration": place} if place else {}),
    )
    if resource.tags:
        client.put_bucket_tagging(Bucket=name, Tagging={"TagSet": pairs(resource.tags)})
    domain = f"{name}.s3.{resource.region}.amazonaws.com"
    return Answer(name, {"arn": f"arn:aws:s3:::{name}", "bucket": name, "bucketRegionalDomainName": domain})


def _read(client: Any, resource: Resource) -> Mapping[str, Any] | None:
    try:
        client.head_bucket(Bucket=resource.id)
        told = client.get_bucket_tagging(Bucket=resource.id) if resource.tags else dict[str, Any]()
    except Exception as error:  # botocore makes its classes at run time
        if is_gone(error):
            return None
        raise
    locked = _locked(client, resource.id) if resource.inputs.get("objectLockEnabled") else False
    return {"tags": tags_of(told), "objectLockEnabled": locked, "bucket": resource.id}


def _locked(client: Any, name: str) -> bool:
    told = client.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"]
    return told["ObjectLockEnabled"] == "Enabled"


def _delete(client: Any, resource: Resource) -> None:
    if resource.inputs.get("forceDestroy"):
        _empty(client, resource.id)
    client.delete_bucket(Bucket=resource.id)


def _empty(client: Any, name: str) -> None:
    for page in client.get_paginator("list_object_versions").paginate(Bucket=name):
        for item in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            client.delete_object(Bucket=name, Key=item["Key"], VersionId=item["VersionId"])


KINDS = (Kind("aws:s3/bucket:Bucket", "s3", _create, _read, _delete),)
