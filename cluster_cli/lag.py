"""Replication lag of every replica, and the judgement against a limit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cluster_cli.engines.model import PRIMARY_ROLES, MemberStatus
from cluster_cli.status import read_cluster
from infra.context import Context
from infra.topology.nodes import HIDDEN

REPLICATED = frozenset({"mongod-shard", "mongod-config", "postgres", *HIDDEN})


@dataclass(frozen=True)
class Lag:
    """One replica's lag; None where it is unknown (the member does not answer)."""

    member: str
    group: str
    role: str
    lag_seconds: float | None
    lag_bytes: int | None
    health: str


def lags(ctx: Context) -> list[Lag]:
    """The lag of every member that replicates from another."""
    return of_members(read_cluster(ctx).members)


def of_members(members: Iterable[MemberStatus]) -> list[Lag]:
    """The replicas among the members. A DR cluster's leader replicates too, so it counts."""
    leaders = PRIMARY_ROLES - {"standby-leader"}
    return [
        Lag(m.member, m.group, m.role, m.lag_seconds, m.lag_bytes, str(m.health))
        for m in members
        if m.kind in REPLICATED and m.role not in leaders
    ]


def above(found: Iterable[Lag], limit: float | None) -> list[str]:
    """A sentence for each replica above the limit; an unknown lag is above every limit."""
    if limit is None:
        return []
    return [reason for lag in found if (reason := _reason(lag, limit)) is not None]


def _reason(lag: Lag, limit: float) -> str | None:
    if lag.lag_seconds is None:
        return f"{lag.member}: lag unknown, the member is {lag.health}"
    if lag.lag_seconds > limit:
        return f"{lag.member}: {lag.lag_seconds:.1f} s behind, limit {limit:g} s"
    return None
