"""S3: lifecycle and replication rules of a bucket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.aws.local.services.s3_settings import given, setting

Values = Mapping[str, Any]
_MOVES = {"days": "Days", "storageClass": "StorageClass"}
_OLD_MOVES = {"noncurrentDays": "NoncurrentDays", "storageClass": "StorageClass"}


def _renamed(values: Values, names: Mapping[str, str]) -> dict[str, Any]:
    return {names[key]: value for key, value in values.items() if key in names}


def _back(values: Values, names: Mapping[str, str]) -> dict[str, Any]:
    return {key: values[field] for key, field in names.items() if field in values}


def _life(rule: Values) -> dict[str, Any]:
    found: dict[str, Any] = {"ID": rule["id"], "Status": rule["status"]}
    found["Filter"] = {"Prefix": rule.get("filter", {}).get("prefix", "")}
    if "transitions" in rule:
        found["Transitions"] = [_renamed(item, _MOVES) for item in rule["transitions"]]
    if "expiration" in rule:
        found["Expiration"] = _renamed(rule["expiration"], {"days": "Days"})
    if "noncurrentVersionExpiration" in rule:
        found["NoncurrentVersionExpiration"] = _renamed(rule["noncurrentVersionExpiration"], _OLD_MOVES)
    if "noncurrentVersionTransitions" in rule:
        moves = [_renamed(item, _OLD_MOVES) for item in rule["noncurrentVersionTransitions"]]
        found["NoncurrentVersionTransitions"] = moves
    if "abortIncompleteMultipartUpload" in rule:
        days = rule["abortIncompleteMultipartUpload"]["daysAfterInitiation"]
        found["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": days}
    return found


def _put_life(client: Any, bucket: str, inputs: Values) -> None:
    rules = [_life(rule) for rule in inputs["rules"]]
    client.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})


def _life_told(rule: Values) -> dict[str, Any]:
    found: dict[str, Any] = {"id": rule["ID"], "status": rule["Status"]}
    prefix = rule.get("Filter", {}).get("Prefix")
    if prefix:
        found["filter"] = {"prefix": prefix}
    if rule.get("Transitions"):
        found["transitions"] = [_back(item, _MOVES) for item in rule["Transitions"]]
    if rule.get("Expiration"):
        found["expiration"] = _back(rule["Expiration"], {"days": "Days"})
    if rule.get("NoncurrentVersionExpiration"):
        found["noncurrentVersionExpiration"] = _back(rule["NoncurrentVersionExpiration"], _OLD_MOVES)
    if rule.get("NoncurrentVersionTransitions"):
        found["noncurrentVersionTransitions"] = [
            _back(m, _OLD_MOVES) for m in rule["NoncurrentVersionTransitions"]
        ]
    if rule.get("AbortIncompleteMultipartUpload"):
        days = rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]
        found["abortIncompleteMultipartUpload"] = {"daysAfterInitiation": days}
    return found


def _get_life(client: Any, bucket: str) -> Values:
    told = client.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    return {"rules": [_life_told(rule) for rule in told]}


def _copy(rule: Values) -> dict[str, Any]:
    target = rule["destination"]
    key = target.get("encryptionConfiguration", {}).get("replicaKmsKeyId")
    found: dict[str, Any] = {
        "ID": rule["id"],
        "Status": rule["status"],
        "Priority": rule.get("priority", 0),
        "Filter": {"Prefix": rule.get("filter", {}).get("prefix", "")},
        "DeleteMarkerReplication": {
            "Status": rule.get("deleteMarkerReplication", {}).get("status", "Disabled")
        },
        "Destination": {
            "Bucket": target["bucket"],
            **given("StorageClass", target.get("storageClass")),
            **({"EncryptionConfiguration": {"ReplicaKmsKeyID": key}} if key else {}),
            **_in_time(target),
        },
    }
    if "sourceSelectionCriteria" in rule:
        status = rule["sourceSelectionCriteria"]["sseKmsEncryptedObjects"]["status"]
        found["SourceSelectionCriteria"] = {"SseKmsEncryptedObjects": {"Status": status}}
    return found


def _in_time(target: Values) -> dict[str, Any]:
    """How soon a copy must be there, and the metrics that show it."""
    found: dict[str, Any] = {}
    if "replicationTime" in target:
        limit = target["replicationTime"]
        found["ReplicationTime"] = {"Status": limit["status"], "Time": {"Minutes": limit["time"]["minutes"]}}
    if "metrics" in target:
        seen = target["metrics"]
        found["Metrics"] = {
            "Status": seen["status"],
            "EventThreshold": {"Minutes": seen["eventThreshold"]["minutes"]},
        }
    return found


def _put_copy(client: Any, bucket: str, inputs: Values) -> None:
    rules = [_copy(rule) for rule in inputs["rules"]]
    wanted = {"Role": inputs["role"], "Rules": rules}
    client.put_bucket_replication(Bucket=bucket, ReplicationConfiguration=wanted)


def _get_copy(client: Any, bucket: str) -> Values:
    return {"role": client.get_bucket_replication(Bucket=bucket)["ReplicationConfiguration"]["Role"]}


KINDS = (
    setting("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", _put_life, _get_life,
             lambda client, bucket: client.delete_bucket_lifecycle(Bucket=bucket)),
    setting("aws:s3/bucketReplicationConfig:BucketReplicationConfig", _put_copy, _get_copy,
             lambda client, bucket: client.delete_bucket_replication(Bucket=bucket)),
)  # fmt: skip
