"""S3: the settings of a bucket, each a resource of its own: put, got and deleted by the bucket's name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from infra.aws.local.backend import Answer
from infra.aws.local.cloud import is_gone
from infra.aws.local.graph import Resource
from infra.aws.local.kinds import Kind
from infra.aws.local.values import bare

Values = Mapping[str, Any]


def setting(
    kind: str,
    put: Callable[[Any, str, Values], object],
    get: Callable[[Any, str], Values],
    delete: Callable[[Any, str], object] = lambda client, bucket: None,
) -> Kind:
    """A kind whose id is the bucket's name."""

    def create(client: Any, resource: Resource) -> Answer:
        inputs = bare(resource.inputs)
        put(client, inputs["bucket"], inputs)
        return Answer(inputs["bucket"])

    def read(client: Any, resource: Resource) -> Values | None:
        try:
            told = get(client, resource.id)
        except Exception as error:  # botocore makes its classes at run time
            if is_gone(error):
                return None
            raise
        return {key: value for key, value in told.items() if key in resource.inputs}

    def remove(client: Any, resource: Resource) -> None:
        delete(client, resource.id)

    return Kind(kind, "s3", create, read, remove)


def _put_versioning(client: Any, bucket: str, inputs: Values) -> None:
    wanted = {"Status": inputs["versioningConfiguration"]["status"]}
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=wanted)


def _get_versioning(client: Any, bucket: str) -> Values:
    return {"versioningConfiguration": {"status": client.get_bucket_versioning(Bucket=bucket).get("Status")}}


def _put_encryption(client: Any, bucket: str, inputs: Values) -> None:
    rules = [
        {
            "ApplyServerSideEncryptionByDefault": {
                "SSEAlgorithm": rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"],
                **given("KMSMasterKeyID", rule["applyServerSideEncryptionByDefault"].get("kmsMasterKeyId")),
            },
            "BucketKeyEnabled": bool(rule.get("bucketKeyEnabled", False)),
        }
        for rule in inputs["rules"]
    ]
    client.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})


def _get_encryption(client: Any, bucket: str) -> Values:
    told = client.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    return {
        "rules": [
            {
                "applyServerSideEncryptionByDefault": {
                    "sseAlgorithm": rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"],
                    **given(
                        "kmsMasterKeyId", rule["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID")
                    ),
                },
                "bucketKeyEnabled": rule.get("BucketKeyEnabled", False),
            }
            for rule in told
        ]
    }


_BLOCKS = {
    "blockPublicAcls": "BlockPublicAcls",
    "blockPublicPolicy": "BlockPublicPolicy",
    "ignorePublicAcls": "IgnorePublicAcls",
    "restrictPublicBuckets": "RestrictPublicBuckets",
}


def _put_block(client: Any, bucket: str, inputs: Values) -> None:
    wanted = {field: bool(inputs.get(name, False)) for name, field in _BLOCKS.items()}
    client.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=wanted)


def _get_block(client: Any, bucket: str) -> Values:
    told = client.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    return {name: told[field] for name, field in _BLOCKS.items()}


def _put_lock(client: Any, bucket: str, inputs: Values) -> None:
    kept = inputs["rule"]["defaultRetention"]
    rule = {"Mode": kept["mode"], **given("Days", kept.get("days")), **given("Years", kept.get("years"))}
    client.put_object_lock_configuration(
        Bucket=bucket,
        ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": rule}},
    )


def _get_lock(client: Any, bucket: str) -> Values:
    told = client.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
    kept = told.get("Rule", {}).get("DefaultRetention", {})
    return {"rule": {"defaultRetention": {key.lower(): value for key, value in kept.items() if value}}}


def _put_policy(client: Any, bucket: str, inputs: Values) -> None:
    client.put_bucket_policy(Bucket=bucket, Policy=inputs["policy"])


def _get_policy(client: Any, bucket: str) -> Values:
    return {"policy": client.get_bucket_policy(Bucket=bucket)["Policy"]}


def _put_ownership(client: Any, bucket: str, inputs: Values) -> None:
    rules = [{"ObjectOwnership": inputs["rule"]["objectOwnership"]}]
    client.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": rules})


def _get_ownership(client: Any, bucket: str) -> Values:
    rules = client.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    return {"rule": {"objectOwnership": rules[0]["ObjectOwnership"]}}


def given(name: str, value: Any) -> dict[str, Any]:
    """The pair, unless the value is None."""
    return {} if value is None else {name: value}


KINDS = (
    setting("aws:s3/bucketVersioning:BucketVersioning", _put_versioning, _get_versioning),
    setting("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
             _put_encryption, _get_encryption,
             lambda client, bucket: client.delete_bucket_encryption(Bucket=bucket)),
    setting("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", _put_block, _get_block,
             lambda client, bucket: client.delete_public_access_block(Bucket=bucket)),
    setting("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration", _put_lock, _get_lock),
    setting("aws:s3/bucketPolicy:BucketPolicy", _put_policy, _get_policy,
             lambda client, bucket: client.delete_bucket_policy(Bucket=bucket)),
    setting("aws:s3/bucketOwnershipControls:BucketOwnershipControls", _put_ownership, _get_ownership,
             lambda client, bucket: client.delete_bucket_ownership_controls(Bucket=bucket)),
)  # fmt: skip
