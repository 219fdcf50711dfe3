"""The engines as the contract sees them: what it calls of each, and how each is asked beside its own word."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Protocol

import psycopg
from pymongo.errors import PyMongoError

from cluster_cli.engines import mongodb, postgresql
from cluster_cli.engines.model import MemberStatus
from cluster_cli.engines.postgresql.connect import ADMIN_DATABASE
from infra.context import Context
from tests.scenarios import payments_load, social_load
from tests.scenarios.test_payments_switchover import is_healthy

ASK_TIMEOUT_S = 3


class Load(Protocol):
    """What clients saw: the ids that were acknowledged, and what their other attempts ended with."""

    acked: list[uuid.UUID]
    failed: list[str]


@dataclass(frozen=True)
class Engine:
    """One engine of the reference topology.

    api: its package, with `read_status`, `failover` and `switchover`. group: the set whose role moves here;
    kind: that of its members. forgiven: attempts of clients that may fail in a planned change
    (docs/measures.md). nobody: what a refusal says when no member can take over; a pattern.
    """

    api: ModuleType
    domain: str
    group: str
    kind: str
    forgiven: int
    nobody: str
    primary: Callable[[Context, str], str | None]
    is_writable: Callable[[Context, str], bool]
    load: Callable[[Context], AbstractContextManager[Load]]
    lost: Callable[[Context, Any], set[uuid.UUID]]
    is_whole: Callable[[Context], bool]

    def rows(self, ctx: Context) -> list[MemberStatus]:
        """The statuses of the group's members."""
        return [m for m in self.api.read_status(ctx) if m.group == self.group]

    def writable(self, ctx: Context) -> list[str]:
        """The members of the group that say themselves that they take writes."""
        return [e.member for e in ctx.of_kind(self.kind, self.group) if self.is_writable(ctx, e.member)]


def _mongod_is_writable(ctx: Context, member: str) -> bool:
    try:
        with mongodb.anonymous_client(ctx, member, ASK_TIMEOUT_S) as client:
            return bool(client.admin.command("hello")["isWritablePrimary"])
    except PyMongoError:
        return False


def _postgres_is_writable(ctx: Context, member: str) -> bool:
    try:
        with postgresql.connect(ctx, via=member, database=ADMIN_DATABASE, timeout=ASK_TIMEOUT_S) as server:
            return server.execute("SELECT pg_is_in_recovery()").fetchone() == (False,)
    except psycopg.Error:
        return False


ENGINES = (
    Engine(
        api=mongodb,
        domain="social",
        group="exchange-1",
        kind="mongod-shard",
        forgiven=4,  # two of the one client at each election, and a named successor may be the second
        nobody="voters answer|is down",
        primary=mongodb.primary,
        is_writable=_mongod_is_writable,
        load=lambda ctx: social_load.writing(ctx, "reviews"),
        lost=lambda ctx, seen: social_load.lost(ctx, "reviews", seen.acked),
        is_whole=lambda ctx: all(m.ok for m in mongodb.read_status(ctx)),
    ),
    Engine(
        api=postgresql,
        domain="payments",
        group="payments",
        kind="postgres",
        forgiven=0,
        nobody="does not run|no standby is synchronous|there is no synchronous standby",
        primary=postgresql.leader,
        is_writable=_postgres_is_writable,
        load=payments_load.load,
        lost=payments_load.missing,
        is_whole=is_healthy,
    ),
)
