"""From the word that a user types to a member: by name, or by role as it is now."""

from __future__ import annotations

from cluster_cli.plans.targets import resolve_target
from cluster_cli.status import read_cluster
from infra.context import Context


def resolve(ctx: Context, word: str) -> str:
    """The member that a word names: its own name, or `<payments|SHARD>-<primary|sync|secondary|dr>`.

    The cluster is asked only when the word is a role. Raises UsageError (2) with the nearest name.
    """
    if word in ctx.endpoints:
        return word
    return resolve_target(ctx.topology, read_cluster(ctx).members, word)
