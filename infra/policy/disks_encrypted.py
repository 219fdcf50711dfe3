"""Every disk is encrypted with a customer key: volumes, root devices and what an instance brings along."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from infra.aws.local.graph import Resource
from infra.aws.local.types import INSTANCE, VOLUME
from infra.aws.local.values import as_list, as_map
from infra.policy._stack import ALL, Finding, Stack, key_of

BINDS = ALL
WHY = "is not encrypted with a customer key"


def check(stack: Stack) -> list[Finding]:
    """Look at every volume, and at the root device and the other disks of every instance."""
    volumes = stack.graph.of(VOLUME)
    return [
        *(Finding(volume.label, f"it {WHY}") for volume in volumes if not _good(stack, volume, "kmsKeyId")),
        *(Finding(host.label, why) for host in stack.graph.of(INSTANCE) for why in _of_host(stack, host)),
    ]


def _of_host(stack: Stack, host: Resource) -> Iterator[str]:
    if not _good(stack, host, "rootBlockDevice", as_map(host.inputs.get("rootBlockDevice"))):
        yield f"its root device {WHY}"
    for disk in map(as_map, as_list(host.inputs.get("ebsBlockDevices"))):
        if not _good(stack, host, "ebsBlockDevices", disk):
            yield f"its disk {disk.get('deviceName')} {WHY}"


def _good(stack: Stack, resource: Resource, name: str, disk: Mapping[str, Any] | None = None) -> bool:
    """name: the input that the key is in; disk: the resource itself, or what its input says of a disk."""
    said = resource.inputs if disk is None else disk
    customers = bool(said.get("kmsKeyId")) and key_of(stack, resource, name) is not None
    return said.get("encrypted") is True and customers
