"""Route 53: private zones, their records, and the VPCs of the other region."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.aws.local.backend import Answer
from infra.aws.local.cloud import is_gone
from infra.aws.local.graph import Resource
from infra.aws.local.kinds import Kind
from infra.aws.local.table import pairs, tags_of
from infra.aws.local.values import bare


def _create(client: Any, resource: Resource) -> Answer:
    inputs = bare(resource.inputs)
    vpcs = [
        {"VPCId": vpc["vpcId"], "VPCRegion": vpc.get("vpcRegion", resource.region)}
        for vpc in inputs.get("vpcs", ())
    ]
    made = client.create_hosted_zone(
        Name=inputs["name"],
        CallerReference=resource.urn,
        HostedZoneConfig={"Comment": inputs.get("comment", ""), "PrivateZone": bool(vpcs)},
        **({"VPC": vpcs[0]} if vpcs else {}),
    )
    identity = made["HostedZone"]["Id"].rpartition("/")[2]
    for vpc in vpcs[1:]:
        client.associate_vpc_with_hosted_zone(HostedZoneId=identity, VPC=vpc)
    client.change_tags_for_resource(
        ResourceType="hostedzone", ResourceId=identity, AddTags=pairs(resource.tags)
    )
    return Answer(identity, {"zoneId": identity, "arn": f"arn:aws:route53:::hostedzone/{identity}"})


def _read(client: Any, resource: Resource) -> Mapping[str, Any] | None:
    try:
        told = client.get_hosted_zone(Id=resource.id)
    except Exception as error:  # botocore makes its classes at run time
        if is_gone(error):
            return None
        raise
    tags = client.list_tags_for_resource(ResourceType="hostedzone", ResourceId=resource.id)
    return {
        "name": told["HostedZone"]["Name"].rstrip("."),
        "comment": told["HostedZone"]["Config"].get("Comment", ""),
        "tags": tags_of(tags["ResourceTagSet"]),
    }


def _delete(client: Any, resource: Resource) -> None:
    client.delete_hosted_zone(Id=resource.id)


def _set(inputs: Mapping[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = {"Name": inputs["name"], "Type": inputs["type"]}
    if "aliases" in inputs:
        target = inputs["aliases"][0]
        record["AliasTarget"] = {
            "HostedZoneId": target["zoneId"],
            "DNSName": target["name"],
            "EvaluateTargetHealth": bool(target.get("evaluateTargetHealth", False)),
        }
        return record
    records = [{"Value": value} for value in inputs["records"]]
    return {**record, "TTL": int(inputs["ttl"]), "ResourceRecords": records}


def _change(client: Any, action: str, inputs: Mapping[str, Any]) -> None:
    change = {"Action": action, "ResourceRecordSet": _set(inputs)}
    client.change_resource_record_sets(HostedZoneId=inputs["zoneId"], ChangeBatch={"Changes": [change]})


def _record(client: Any, resource: Resource) -> Answer:
    inputs = bare(resource.inputs)
    _change(client, "CREATE", inputs)
    return Answer(f"{inputs['zoneId']}_{inputs['name']}_{inputs['type']}", {"fqdn": inputs["name"]})


def _record_read(client: Any, resource: Resource) -> Mapping[str, Any] | None:
    inputs = bare(resource.inputs)
    told = client.list_resource_record_sets(
        HostedZoneId=resource.id.partition("_")[0], StartRecordName=inputs["name"], MaxItems="1"
    )
    name = inputs["name"].rstrip(".")
    found = next((r for r in told["ResourceRecordSets"] if r["Name"].rstrip(".") == name), None)
    if found is None:
        return None
    own = {"ttl": found.get("TTL"), "records": [item["Value"] for item in found.get("ResourceRecords", ())]}
    return {key: value for key, value in own.items() if key in inputs}


def _record_delete(client: Any, resource: Resource) -> None:
    _change(client, "DELETE", bare(resource.inputs))


def _associate(client: Any, resource: Resource) -> Answer:
    inputs = bare(resource.inputs)
    vpc = {"VPCId": inputs["vpcId"], "VPCRegion": inputs.get("vpcRegion", resource.region)}
    client.associate_vpc_with_hosted_zone(HostedZoneId=inputs["zoneId"], VPC=vpc)
    return Answer(f"{inputs['zoneId']}:{inputs['vpcId']}")


def _associated(client: Any, resource: Resource) -> Mapping[str, Any] | None:
    zone, _, vpc = resource.id.partition(":")
    told = client.get_hosted_zone(Id=zone)["VPCs"]
    return {"vpcId": vpc} if vpc in (item["VPCId"] for item in told) else None


def _disassociate(client: Any, resource: Resource) -> None:
    inputs = bare(resource.inputs)
    vpc = {"VPCId": inputs["vpcId"], "VPCRegion": inputs.get("vpcRegion", resource.region)}
    client.disassociate_vpc_from_hosted_zone(HostedZoneId=inputs["zoneId"], VPC=vpc)


KINDS = (
    Kind("aws:route53/zone:Zone", "route53", _create, _read, _delete),
    Kind("aws:route53/record:Record", "route53", _record, _record_read, _record_delete),
    Kind("aws:route53/zoneAssociation:ZoneAssociation", "route53", _associate, _associated, _disassociate),
)
