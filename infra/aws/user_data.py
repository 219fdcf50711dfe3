"""What a host does at its first boot: its name, the agent by which people come in, its data volume. Pure."""

from __future__ import annotations

DATA_DEVICE = "/dev/sdf"  # what the attachment asks for
_NVME = "/dev/nvme1n1"  # what the first attached volume is called on the host
_MOUNT = "/var/lib/swapskill"


def user_data(fqdn: str, region: str, architecture: str, has_data: bool) -> str:
    """A cloud-init script. It holds no secret: hosts fetch theirs from Secrets Manager by their role."""
    lines = [
        "#!/bin/bash",
        "set -euo pipefail",
        f"hostnamectl set-hostname {fqdn}",
        *_agent(region, architecture),
    ]
    return "\n".join([*lines, *(_data() if has_data else []), ""])


def architecture_of(instance: str) -> str:
    """arm64 for families whose name has a g after its generation (t4g, r7gd), else amd64."""
    family = instance.partition(".")[0]
    return "arm64" if "g" in family.lstrip("abcdefghijklmnopqrstuvwxyz").lstrip("0123456789") else "amd64"


def _agent(region: str, architecture: str) -> list[str]:
    source = f"https://amazon-ssm-{region}.s3.{region}.amazonaws.com/latest/debian_{architecture}/amazon-ssm-agent.deb"
    return [
        f"curl --fail --silent --show-error --retry 5 -o /tmp/agent.deb {source}",
        "dpkg --install /tmp/agent.deb && systemctl enable --now amazon-ssm-agent",
    ]


def _data() -> list[str]:
    return [
        f"for _ in $(seq 150); do [ -b {_NVME} ] && break; sleep 2; done",
        f"blkid {_NVME} >/dev/null || mkfs.xfs -L swapskill {_NVME}",
        f"mkdir -p {_MOUNT}",
        f"grep -q {_MOUNT} /etc/fstab || echo 'LABEL=swapskill {_MOUNT} xfs noatime,nofail 0 2' >>/etc/fstab",
        "mount -a",
    ]
