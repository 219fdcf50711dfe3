"""A program of four resources, for tests that need no whole stack."""

from __future__ import annotations

from typing import Any

from infra.aws.local.run import Program

TAGS = {
    "Project": "swapskill",
    "Stack": "ephemeral-7",
    "Class": "ephemeral",
    "ExpiresAt": "2026-11-26T11:00:00Z",
}


def program(*, network: str = "10.0.0.0/16", disk: bool = True, size: int = 10, **options: Any) -> Program:
    """A network with a subnet, and a volume with the given size and resource options."""

    def declare() -> None:
        import pulumi
        import pulumi_aws as aws

        paris = aws.Provider("paris", region="eu-west-3", default_tags={"tags": TAGS})
        net = aws.ec2.Vpc("net", cidr_block=network, opts=pulumi.ResourceOptions(provider=paris))
        aws.ec2.Subnet(
            "sub", vpc_id=net.id, cidr_block="10.0.0.0/24", opts=pulumi.ResourceOptions(provider=paris)
        )
        if disk:
            opts = pulumi.ResourceOptions(provider=paris, **options)
            aws.ebs.Volume("disk", availability_zone="eu-west-3a", size=size, opts=opts)

    return Program("swapskill", "ephemeral-7", declare)
