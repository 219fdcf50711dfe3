"""What an acknowledged payment survives right now."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import psycopg

from cluster_cli.engines.model import Durability
from cluster_cli.engines.postgresql import patroni
from cluster_cli.engines.postgresql.connect import ADMIN_DATABASE, connect
from cluster_cli.logs.files import collect
from cluster_cli.logs.lines import Line
from infra.context import Context
from infra.topology import Topology
from infra.utc import rfc3339

_FACTS = """
SELECT current_setting('synchronous_standby_names'),
       coalesce((SELECT array_agg(application_name) FROM pg_stat_replication
                  WHERE state = 'streaming' AND sync_state IN ('sync', 'quorum')), '{}')
"""
_IN_FORCE = re.compile(
    r"[\d:. -]+ UTC \[\d+\] +LOG: +"
    r'(parameter "synchronous_standby_names" (changed to|removed from)|selected new timeline ID: )'
)
"""What the leader itself logs when other names are in force, or any at all: on a standby they mean nothing.
A reload that changes something else logs neither; a session's lines begin with its user."""


@dataclass(frozen=True)
class SyncFacts:
    """The leader's own words. names: synchronous_standby_names; standbys: who acknowledges now."""

    names: str
    standbys: tuple[str, ...]
    since: datetime | None = None
    """When the names came into force; None: the leader's log does not tell, or nobody looked."""


def durability(topology: Topology, facts: SyncFacts | None) -> Durability:
    """The durability that follows from the facts; pure.

    A standby of the DR region does not count: Patroni may not promote it. Names without a standby that
    acknowledges are `sync`, too: no commit is acknowledged then, so none can be lost.
    """
    payments = topology.payments
    if payments is None or payments.sync.count == 0:
        return Durability("none")
    if facts is None:
        return Durability("degraded")
    own = {member.name: topology.zone_of(member.host) for member in payments.members}
    standbys = tuple((name, own[name]) for name in sorted(facts.standbys) if name in own)
    if standbys or _waits(facts.names, own):
        return Durability("sync", standbys)
    return Durability("degraded", since=rfc3339(facts.since) if facts.since else None)


def _waits(names: str, own: dict[str, str]) -> bool:
    """Whether commits wait for members of the primary region, though none acknowledges now."""
    return any(name in own for name in re.findall(r"[\w-]+", names))


def sync_state(ctx: Context) -> Durability:
    """The durability in force now; `degraded` without a date when there is no leader to ask."""
    asked = _asked(ctx) or _asked(ctx)  # once more: it may have moved, or answered late
    if asked is None:
        return durability(ctx.topology, None)
    leader, facts = asked
    found = durability(ctx.topology, facts)
    if found.mode != "degraded":
        return found
    return durability(ctx.topology, replace(facts, since=in_force_since(collect(ctx, (leader,), None, None))))


def _asked(ctx: Context) -> tuple[str, SyncFacts] | None:
    """The leader and what it says; None when there is none, or it cannot be asked."""
    assert ctx.topology.payments is not None
    leader = patroni.leader_of(patroni.read_views(ctx, ctx.topology.payments.name))
    if leader is None:
        return None
    try:
        return leader, read_facts(ctx, leader)
    except psycopg.Error:
        return None


def in_force_since(log: Iterable[Line]) -> datetime | None:
    """When the leader's present names came into force, from its log in the order of time; pure.

    The time at which the configuration was last read is no answer: every reload moves it, whatever changed.
    """
    return max((line.at for line in log if _IN_FORCE.match(line.text)), default=None)


def read_facts(ctx: Context, leader: str) -> SyncFacts:
    """The leader's facts by SQL. Raises psycopg.Error."""
    with connect(ctx, via=leader, database=ADMIN_DATABASE, autocommit=True, timeout=2) as connection:
        row = connection.execute(_FACTS).fetchone()
    assert row is not None
    names, standbys = row
    return SyncFacts(names, tuple(standbys))
