"""Who leads the payments cluster, and who may take over."""

from __future__ import annotations

import json
from dataclasses import dataclass

from cluster_cli.engines.postgresql import etcd, patroni
from infra.context import Context


@dataclass(frozen=True)
class SyncKey:
    """Patroni's `/sync` key: the members that may be promoted without losing an acknowledged commit.

    quorum: how many of the members must acknowledge a commit (0 where all of them do).
    """

    leader: str | None
    members: tuple[str, ...]
    quorum: int = 0


def parse_sync_key(value: str) -> SyncKey:
    """The key's JSON: `{"leader": …, "sync_standby": "a,b", "quorum": n}`; empty when it does not exist."""
    fields = json.loads(value) if value else {}
    members = tuple(name for name in (fields.get("sync_standby") or "").split(",") if name)
    return SyncKey(fields.get("leader"), members, int(fields.get("quorum") or 0))


def leader(ctx: Context, group: str | None = None) -> str | None:
    """The member that takes writes now; None when no one does."""
    return patroni.leader_of(patroni.read_views(ctx, group or scope(ctx)))


def scope(ctx: Context) -> str:
    """The Patroni scope of the primary region."""
    assert ctx.topology.payments is not None
    return ctx.topology.payments.name


def etcd_group(ctx: Context) -> str:
    """The etcd cluster of the primary region."""
    assert ctx.topology.payments is not None
    return ctx.topology.payments.etcd_group


def key(ctx: Context, name: str) -> str:
    """The path of one of Patroni's keys: leader, sync, failover, …"""
    return f"/service/{scope(ctx)}/{name}"


def read_sync_key(ctx: Context) -> SyncKey:
    """The `/sync` key as etcd has it. Raises SwapskillError without a quorum."""
    return parse_sync_key(etcd.get(ctx, etcd_group(ctx), key(ctx, "sync")).value)
