"""Every disk is encrypted with a customer key: root devices and data volumes."""

from __future__ import annotations

from collections.abc import Mapping

from infra.aws.local.graph import Resource
from infra.aws.local.types import INSTANCE, VOLUME
from infra.aws.local.values import as_map
from infra.policy._stack import ALL, Finding, Stack, key_of

BINDS = ALL
_WHICH = {"kmsKeyId": "it", "rootBlockDevice": "its root device"}


def check(stack: Stack) -> list[Finding]:
    """Look at every volume, and at the root device of every instance."""
    volumes = [(volume, volume.inputs.get("encrypted"), "kmsKeyId") for volume in stack.graph.of(VOLUME)]
    roots = [(host, _root(host).get("encrypted"), "rootBlockDevice") for host in stack.graph.of(INSTANCE)]
    return [
        Finding(disk.label, f"{_WHICH[name]} is not encrypted with a customer key")
        for disk, encrypted, name in (*volumes, *roots)
        if encrypted is not True or key_of(stack, disk, name) is None or _keyless(disk, name)
    ]


def _root(instance: Resource) -> Mapping[str, object]:
    return as_map(instance.inputs.get("rootBlockDevice"))


def _keyless(disk: Resource, name: str) -> bool:
    return name == "rootBlockDevice" and not _root(disk).get("kmsKeyId")
