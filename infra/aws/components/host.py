"""One host in a private subnet: machine, profile, encrypted root and data volumes, its name, its alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.aws.components.alerts import Alerts, Watch, watch
from infra.aws.components.base import Component
from infra.aws.site import Site
from infra.aws.user_data import DATA_DEVICE, user_data
from infra.topology.aws import Size

ROOT_GIB = 16
CREDITS = ("t3", "t3a", "t4g")


@dataclass(frozen=True)
class HostArgs:
    """zone: the availability zone. groups: of security. backup: the tag by which a plan takes it, or "".

    after: what must be there before the first boot, which fetches from AWS.
    """

    site: Site
    region: str
    zone: str
    size: Size
    roles: tuple[str, ...]
    image: pulumi.Input[str]
    architecture: str
    subnet_id: pulumi.Input[str]
    groups: list[pulumi.Output[str]]
    profile: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    zone_id: pulumi.Input[str]
    alerts: Alerts
    backup: str
    after: Sequence[pulumi.Resource] = ()


class Host(Component):
    """instance: the machine; fqdn: its private name; name: that in the topology; has_data: a data volume."""

    def __init__(self, name: str, args: HostArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__(name, opts)
        self.name, self._args = name, args
        # A database's machine stays, until the stack's file says that this one is to be renewed.
        self._renewed = name in args.site.renew
        self._kept = args.site.care.protected and args.size.disk > 0 and not self._renewed
        self.fqdn = f"{name}.{args.site.domain}"
        self.region, self.zone, self.instance_type = args.region, args.zone, args.size.instance
        self.instance = self._instance()
        self.private_ip = self.instance.private_ip
        self.has_data = args.size.disk > 0
        if self.has_data:
            self._data_volume()
        aws.route53.Record(
            name,
            zone_id=args.zone_id,
            name=self.fqdn,
            type="A",
            ttl=30,
            records=[self.private_ip],
            opts=self.child(),
        )
        self._alarms()
        self.register_outputs({"instance_id": self.instance.id, "fqdn": self.fqdn})

    def _instance(self) -> aws.ec2.Instance:
        args = self._args
        data = user_data(self.fqdn, args.region, args.architecture)
        return aws.ec2.Instance(
            self.name,
            ami=args.image,
            instance_type=args.size.instance,
            subnet_id=args.subnet_id,
            vpc_security_group_ids=args.groups,
            iam_instance_profile=args.profile,
            associate_public_ip_address=False,
            disable_api_termination=self._kept,
            ebs_optimized=True,
            monitoring=args.site.care.protected,
            user_data=data,
            credit_specification=_credits(args.size.instance),
            metadata_options=aws.ec2.InstanceMetadataOptionsArgs(
                http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=1
            ),
            root_block_device=aws.ec2.InstanceRootBlockDeviceArgs(
                volume_type="gp3", volume_size=ROOT_GIB, encrypted=True, kms_key_id=args.key_arn
            ),
            tags={"Name": self.name, "Host": self.name, "Roles": "+".join(args.roles)},
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=self._kept,
                depends_on=args.after,
                # A newer image or first-boot script would replace or stop every database host at once:
                # hosts are renewed one by one (docs/aws.md).
                ignore_changes=[] if self._renewed else ["ami", "userData"],
            ),
        )

    def _data_volume(self) -> None:
        args, size = self._args, self._args.size
        tags = {"Name": f"{self.name}-data", "Host": self.name}
        volume = aws.ebs.Volume(
            self.name,
            availability_zone=args.zone,
            size=size.disk,
            type="gp3",
            iops=size.iops,
            throughput=size.throughput,
            encrypted=True,
            kms_key_id=args.key_arn,
            tags={**tags, "Backup": args.backup} if args.backup else tags,
            opts=args.site.care.options(self),
        )
        aws.ec2.VolumeAttachment(
            self.name,
            device_name=DATA_DEVICE,
            instance_id=self.instance.id,
            volume_id=volume.id,
            stop_instance_before_detaching=True,
            # a volume is on one machine at a time: off the old one before it goes on the new one
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )

    def _alarms(self) -> None:
        dimensions = {"InstanceId": self.instance.id}
        system = Watch(
            name=f"{self.name}-system",
            about=f"The machine under {self.name} is broken; AWS moves the host to another one.",
            namespace="AWS/EC2",
            metric="StatusCheckFailed_System",
            dimensions=dimensions,
            above=0,
            # A new or a stopped host reports nothing: that is no reason to move it. Silence calls the pager
            # by the other alarm.
            missing="missing",
            also=[f"arn:aws:automate:{self._args.region}:ec2:recover"],
        )
        instance = Watch(
            name=f"{self.name}-instance",
            about=f"The host {self.name} does not answer.",
            namespace="AWS/EC2",
            metric="StatusCheckFailed_Instance",
            dimensions=dimensions,
            above=0,
        )
        watch(self._args.alerts, system, self.child())
        watch(self._args.alerts, instance, self.child())


def _credits(instance: str) -> aws.ec2.InstanceCreditSpecificationArgs | None:
    """Burstable machines: no surprise on the bill."""
    if instance.partition(".")[0] not in CREDITS:
        return None
    return aws.ec2.InstanceCreditSpecificationArgs(cpu_credits="standard")
