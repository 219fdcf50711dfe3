"""What a host does at its first boot: its name, and the agent by which people and plays come in. Pure."""

from __future__ import annotations

DATA_DEVICE = "/dev/sdf"  # what the attachment of the data volume asks for
TRIES, PAUSE = 30, 10  # of the agent's installation; seconds between two


def user_data(fqdn: str, region: str, architecture: str) -> str:
    """A script for cloud-init. It holds no secret: hosts fetch theirs from Secrets Manager by their role.

    The agent comes from AWS's bucket through the S3 endpoint; Python is there, cloud-init is written in it.
    It is tried again for some minutes: a host without it is one that nobody can enter, and cloud-init runs
    the script once. The last failure is cloud-init's: the console says it.
    """
    bucket = f"https://amazon-ssm-{region}.s3.{region}.amazonaws.com"
    agent = f"{bucket}/latest/debian_{architecture}/amazon-ssm-agent.deb"
    fetch = f'import urllib.request as u; u.urlretrieve("{agent}", "/run/agent.deb")'
    return "\n".join([
        "#!/bin/bash",
        "set -euo pipefail",
        f"hostnamectl set-hostname {fqdn}",
        "agent() {",
        f"  timeout 60 python3 -c '{fetch}' &&",
        "    dpkg --install /run/agent.deb && systemctl enable --now amazon-ssm-agent",
        "}",
        f"for try in $(seq {TRIES}); do agent && exit 0; sleep {PAUSE}; done",
        f'echo "the agent of Systems Manager is not installed after {TRIES} tries" >&2',
        "exit 1",
        "",
    ])  # fmt: skip


def architecture_of(instance: str) -> str:
    """arm64 for families whose name has a g after its generation (t4g, r7gd), else amd64."""
    family = instance.partition(".")[0]
    after = family.lstrip("abcdefghijklmnopqrstuvwxyz").lstrip("0123456789")
    return "arm64" if "g" in after else "amd64"
