"""EC2, the hosts: instances, data volumes, network interfaces, account-wide defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.aws.local.backend import Answer
from infra.aws.local.cloud import is_gone
from infra.aws.local.graph import Resource
from infra.aws.local.kinds import Kind
from infra.aws.local.table import Table, first, pick, specified, tags_of
from infra.aws.local.values import as_list, as_map, bare

VOLUME = Table(
    type="aws:ebs/volume:Volume",
    service="ec2",
    create="create_volume",
    made="",
    id="VolumeId",
    find=("describe_volumes", {"VolumeIds": ["{id}"]}),
    found="Volumes",
    delete=("delete_volume", {"VolumeId": "{id}"}),
    fields={
        "availabilityZone": "AvailabilityZone",
        "size": "Size",
        "type": "VolumeType",
        "encrypted": "Encrypted",
        "kmsKeyId": "KmsKeyId",
        "iops": "Iops",
        "throughput": "Throughput",
        "snapshotId": "SnapshotId",
    },
    tags=specified("volume"),
)
_FIELDS = {
    "ami": "ImageId",
    "instanceType": "InstanceType",
    "subnetId": "SubnetId",
    "privateIp": "PrivateIpAddress",
    "keyName": "KeyName",
    "ebsOptimized": "EbsOptimized",
}
_METADATA = {
    "httpEndpoint": "HttpEndpoint",
    "httpTokens": "HttpTokens",
    "httpPutResponseHopLimit": "HttpPutResponseHopLimit",
    "instanceMetadataTags": "InstanceMetadataTags",
}
_ROOT = {
    "volumeSize": "VolumeSize",
    "volumeType": "VolumeType",
    "encrypted": "Encrypted",
    "kmsKeyId": "KmsKeyId",
    "deleteOnTermination": "DeleteOnTermination",
    "iops": "Iops",
    "throughput": "Throughput",
}
ROOT_DEVICE = "/dev/xvda"


def _create(client: Any, resource: Resource) -> Answer:
    inputs = bare(resource.inputs)
    made = client.run_instances(MinCount=1, MaxCount=1, **_request(inputs, resource))
    found = made["Instances"][0]
    if inputs.get("disableApiTermination"):
        client.modify_instance_attribute(
            InstanceId=found["InstanceId"], DisableApiTermination={"Value": True}
        )
    return Answer(found["InstanceId"], _outputs(found))


def _request(inputs: Mapping[str, Any], resource: Resource) -> dict[str, Any]:
    request = {field: inputs[name] for name, field in _FIELDS.items() if name in inputs}
    if "vpcSecurityGroupIds" in inputs:
        request["SecurityGroupIds"] = inputs["vpcSecurityGroupIds"]
    if "iamInstanceProfile" in inputs:
        request["IamInstanceProfile"] = {"Name": inputs["iamInstanceProfile"]}
    if "monitoring" in inputs:
        request["Monitoring"] = {"Enabled": bool(inputs["monitoring"])}
    if "creditSpecification" in inputs:
        request["CreditSpecification"] = {"CpuCredits": inputs["creditSpecification"]["cpuCredits"]}
    if "userData" in inputs:
        request["UserData"] = inputs["userData"]
    if "metadataOptions" in inputs:
        request["MetadataOptions"] = _renamed(inputs["metadataOptions"], _METADATA)
    if "rootBlockDevice" in inputs:
        # the provider's default: the root device goes with its machine
        disk = {"DeleteOnTermination": True, **_renamed(inputs["rootBlockDevice"], _ROOT)}
        request["BlockDeviceMappings"] = [{"DeviceName": ROOT_DEVICE, "Ebs": disk}]
    return {**request, **specified("instance")(resource)}


def _renamed(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names[key]: value for key, value in values.items() if key in names}


def _outputs(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "privateIp": found.get("PrivateIpAddress"),
        "primaryNetworkInterfaceId": pick(found, "NetworkInterfaces.NetworkInterfaceId"),
    }


def _read(client: Any, resource: Resource) -> Mapping[str, Any] | None:
    try:
        told = client.describe_instances(InstanceIds=[resource.id])
    except Exception as error:  # botocore makes its classes at run time
        if is_gone(error):
            return None
        raise
    found = pick(told, "Reservations.Instances")
    if found is None or found["State"]["Name"] in ("terminated", "shutting-down"):
        return None
    own = {key: found.get(field) for key, field in _FIELDS.items() if key in resource.inputs and key != "ami"}
    groups = [group["GroupId"] for group in found["SecurityGroups"]]
    options = found.get("MetadataOptions", {})
    wanted = bare(resource.inputs.get("metadataOptions", {}))
    told_options = {key: options.get(field) for key, field in _METADATA.items() if key in wanted}
    profile = str(pick(found, "IamInstanceProfile.Arn") or "").rpartition("/")[2]
    return {
        **own,
        "monitoring": pick(found, "Monitoring.State") == "enabled",
        "iamInstanceProfile": profile,
        "vpcSecurityGroupIds": groups,
        "tags": tags_of(found),
        **({"metadataOptions": told_options} if wanted and options else {}),
    }


def _delete(client: Any, resource: Resource) -> None:
    client.modify_instance_attribute(InstanceId=resource.id, DisableApiTermination={"Value": False})
    client.terminate_instances(InstanceIds=[resource.id])


def _attach(client: Any, resource: Resource) -> Answer:
    inputs = bare(resource.inputs)
    client.attach_volume(
        Device=inputs["deviceName"], InstanceId=inputs["instanceId"], VolumeId=inputs["volumeId"]
    )
    return Answer(f"{inputs['volumeId']}:{inputs['instanceId']}")


def _attached(client: Any, resource: Resource) -> Mapping[str, Any] | None:
    volume, _, instance = resource.id.partition(":")
    found = first(client.describe_volumes(VolumeIds=[volume])["Volumes"])
    for item in as_list(as_map(found).get("Attachments")):
        if item["InstanceId"] == instance:
            return {"deviceName": item["Device"], "instanceId": instance, "volumeId": volume}
    return None


def _detach(client: Any, resource: Resource) -> None:
    volume, _, instance = resource.id.partition(":")
    client.detach_volume(VolumeId=volume, InstanceId=instance)


KINDS = (
    VOLUME.kind(),
    Kind("aws:ec2/instance:Instance", "ec2", _create, _read, _delete),
    Kind("aws:ec2/volumeAttachment:VolumeAttachment", "ec2", _attach, _attached, _detach),
)
