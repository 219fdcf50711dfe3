"""Every data volume is backed up daily into a locked vault."""

from __future__ import annotations

from collections.abc import Iterator

from infra.aws.local.graph import Resource
from infra.aws.local.types import PLAN, SELECTION, VAULT, VAULT_LOCK, VOLUME
from infra.aws.local.values import bare
from infra.policy._stack import DATA_KEPT, Finding, Stack

BINDS = DATA_KEPT


def check(stack: Stack) -> list[Finding]:
    """Follow plan, selection and vault from each volume."""
    return [*_unlocked(stack), *_idle_plans(stack), *_forgotten(stack)]


def _unlocked(stack: Stack) -> Iterator[Finding]:
    locks = stack.graph.of(VAULT_LOCK)
    locked = {vault.urn for lock in locks for vault in stack.graph.used(lock, "backupVaultName")}
    for vault in stack.graph.of(VAULT):
        if vault.urn not in locked:
            yield Finding(vault.label, "its recovery points are not locked against deletion")


def _idle_plans(stack: Stack) -> Iterator[Finding]:
    for plan in stack.graph.of(PLAN):
        if not any(_daily(rule.get("schedule", "")) for rule in bare(plan.inputs.get("rules", []))):
            yield Finding(plan.label, "it makes no daily backup")


def _daily(schedule: str) -> bool:
    """`cron(minute hour day-of-month month day-of-week year)` with nothing but the time fixed."""
    fields = schedule.removeprefix("cron(").removesuffix(")").split()
    return len(fields) == 6 and fields[2] in "*?" and fields[3] == "*" and fields[4] in "*?"


def _forgotten(stack: Stack) -> Iterator[Finding]:
    selections = stack.graph.of(SELECTION)
    for volume in stack.graph.of(VOLUME):
        if not any(_selects(stack, selection, volume) for selection in selections):
            yield Finding(volume.label, "no backup plan selects it")


def _selects(stack: Stack, selection: Resource, volume: Resource) -> bool:
    """By tag, or by name; in the same region, for a plan knows no other."""
    if selection.region != volume.region:
        return False
    tags = bare(selection.inputs.get("selectionTags", []))
    by_tag = any(volume.tags.get(tag.get("key")) == tag.get("value") for tag in tags)
    return by_tag or volume in stack.graph.used(selection, "resources")
