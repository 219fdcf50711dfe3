"""Failover and switchover of either domain: one entrance, the engines do the work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from app_core.errors import UsageError, nearest
from cluster_cli.lock import operation
from cluster_cli.opslog import recorded
from cluster_cli.schema.reach import reachable
from cluster_cli.targets import resolve
from infra.context import Context
from infra.topology import Topology

Change = Literal["failover", "switchover"]
Progress = Callable[[str], None]


@dataclass(frozen=True)
class RoleChange:
    """A finished role change. `seconds`: from the request until the new primary took writes."""

    change: Change
    group: str
    old_primary: str | None
    new_primary: str
    seconds: float


@dataclass(frozen=True)
class PlannedChange:
    """What a dry run would have done, step by step."""

    change: Change
    group: str
    steps: tuple[str, ...]

    def as_table(self) -> str:
        """One step a line."""
        return "\n".join(self.steps)


def group_of(ctx: Context, domain: str, name: str | None) -> str:
    """The group that `payments` or `shard NAME` means; UsageError (2) with the nearest name."""
    if domain == "payments":
        if name is not None:
            raise UsageError("payments takes no name", on=name, hint="--to MEMBER names who is to lead")
        if ctx.topology.payments is None:
            raise UsageError("this topology has no payments", on=ctx.topology.name)
        return ctx.topology.payments.name
    if domain != "shard":
        raise UsageError(
            "unknown domain",
            on=domain,
            why=nearest(domain, ("payments", "shard")),
            hint="swapctl primary",
        )
    return _shard(ctx.topology, name)


def _shard(topology: Topology, name: str | None) -> str:
    names = [shard.name for shard in topology.social.shards] if topology.social else []
    if name is None:
        raise UsageError("which shard?", why=f"known: {', '.join(names) or 'none'}", hint="swapctl primary")
    if name not in names:
        raise UsageError("unknown shard", on=name, why=nearest(name, names), hint="swapctl primary")
    return name


def successor_of(ctx: Context, group: str, word: str | None) -> str | None:
    """The member of the group that `--to` means; None without it. UsageError (2) for one of another group."""
    if word is None:
        return None
    member = resolve(ctx, word)
    names = [node.name for node in ctx.topology.nodes() if node.group == group]
    if member not in names:
        raise UsageError("not a member of this group", on=member, why=f"{group} has {', '.join(names)}")
    return member


def change_role(
    ctx: Context,
    change: Change,
    domain: str,
    group: str,
    *,
    target: str | None,
    dry_run: bool,
    progress: Progress,
) -> RoleChange | None:
    """Run the change under the operation lock, recorded; with `dry_run` only the steps are told.

    Raises RefusedError (6) with the reasons when a pre-check fails, TimedOutError (7), UnhealthyError (3)
    when a member that must be asked does not answer.
    """
    run = _engine(domain, change)
    if dry_run:
        with reachable():
            return run(ctx, group, target=target, dry_run=True, progress=progress)
    with operation(ctx, f"{change} {group}"), recorded(ctx, change, group), reachable():
        return run(ctx, group, target=target, dry_run=False, progress=progress)


def _engine(domain: str, change: Change) -> Callable[..., RoleChange | None]:
    if domain == "payments":
        from cluster_cli.engines import postgresql as engine
    else:
        from cluster_cli.engines import mongodb as engine
    function: Callable[..., RoleChange | None] = getattr(engine, change)
    return function
