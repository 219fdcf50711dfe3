"""No run can delete what holds data, or the way to it: protected, and kept by AWS where that is possible."""

from __future__ import annotations

from collections.abc import Iterator

from infra.aws.local.graph import Resource
from infra.aws.local.types import ATTACHMENT, BALANCER, BUCKET, INSTANCE, KEY, SECRET, VAULT, VOLUME, ZONE
from infra.policy._stack import DATA_KEPT, Finding, Stack

BINDS = DATA_KEPT
HOLDS = (KEY, VOLUME, BUCKET, ZONE, VAULT, SECRET)


def check(stack: Stack) -> list[Finding]:
    """Look at the options of everything that holds data, at hosts with a data volume, at load balancers."""
    return [*_held(stack), *_hosts(stack), *_balancers(stack)]


def _held(stack: Stack) -> Iterator[Finding]:
    for held in stack.graph.of(*HOLDS):
        if not (held.options.protect and held.options.retain_on_delete):
            yield Finding(held.label, "it holds data and is not protected and retained")


def _hosts(stack: Stack) -> Iterator[Finding]:
    """A host that `swapskill:renew` names is one of them, for as long as it is named."""
    with_data = {host.urn: host for disk in stack.graph.of(ATTACHMENT) for host in _attached(stack, disk)}
    for host in with_data.values():
        if not host.options.protect:
            yield Finding(host.label, "it has a data volume and is not protected")
        if host.inputs.get("disableApiTermination") is not True:
            yield Finding(host.label, "it has a data volume and anybody may terminate it")


def _attached(stack: Stack, disk: Resource) -> Iterator[Resource]:
    return (host for host in stack.graph.used(disk, "instanceId") if host.type == INSTANCE)


def _balancers(stack: Stack) -> Iterator[Finding]:
    for balancer in stack.graph.of(BALANCER):
        if balancer.inputs.get("enableDeletionProtection") is not True:
            yield Finding(balancer.label, "it has no deletion protection")
