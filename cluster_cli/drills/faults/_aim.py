"""Who leads, and what follows from hitting a member: shared by the faults."""

from __future__ import annotations

import psycopg

from app_core.errors import RefusedError, UsageError
from cluster_cli.drills.faults._fault import Target
from cluster_cli.drills.records import Domain
from cluster_cli.drills.site import PATIENCE_S, Site
from cluster_cli.engines.mongodb import primary
from cluster_cli.waiting import ask_until

SYNC_STANDBYS = """SELECT application_name FROM pg_stat_replication
WHERE sync_state IN ('sync', 'quorum') ORDER BY 1"""
PAYMENTS: dict[Domain, frozenset[str]] = {"payments": frozenset({"payments"})}


def payments_target(site: Site, *members: str) -> Target:
    """A target whose loss concerns the payments path and may move its primary."""
    return Target(tuple(members), PAYMENTS, {"payments": site.scope})


def leader_of(site: Site) -> str:
    """The payments primary; RefusedError when there is none."""
    need_domain(site, "payments")
    found = ask_until(site.leader, PATIENCE_S)
    if found is None:
        raise RefusedError("payments have no primary", hint="swapctl status")
    return found


def sync_standby_of(site: Site) -> str:
    """A synchronous standby; RefusedError when there is none."""
    found = ask_until(lambda: _sync_standby(site), PATIENCE_S)
    if found is None:
        raise RefusedError("payments have no synchronous standby", hint="swapctl status")
    return found


def _sync_standby(site: Site) -> str | None:
    leader = leader_of(site)
    try:
        with site.member(leader, "postgres") as connection:
            found = connection.execute(SYNC_STANDBYS).fetchone()
    except psycopg.OperationalError:  # it did not answer in time
        return None
    return str(found[0]) if found is not None else None


def shard_under_test(site: Site) -> str:
    """The shard that carries both classes of social writes: the first one of segment `exchange`."""
    need_domain(site, "social")
    social = site.ctx.topology.social
    assert social is not None
    return social.segments["exchange"][0]


def shard_primary(site: Site, shard: str) -> str:
    """A shard's primary; RefusedError when it has none."""
    found = ask_until(lambda: primary(site.ctx, shard), PATIENCE_S)
    if found is None:
        raise RefusedError("the shard has no primary", on=shard, hint="swapctl status")
    return found


def shard_target(site: Site, shard: str, *members: str) -> Target:
    """A target whose loss concerns the keys of one shard."""
    return Target(tuple(members), {"social": paths_on(site, shard)}, {"social": shard})


def paths_on(site: Site, shard: str) -> frozenset[str]:
    """The paths that lead to a shard."""
    social = site.ctx.topology.social
    assert social is not None
    return frozenset(site.path_of(name) for name, shards in social.segments.items() if shard in shards)


def all_social(site: Site) -> frozenset[str]:
    """Every path of the social domain."""
    need_domain(site, "social")
    social = site.ctx.topology.social
    assert social is not None
    return frozenset(site.path_of(name) for name in social.segments)


def too_small(site: Site, what: str) -> RefusedError:
    """The topology lacks a part that the drill would hit, or one to spare."""
    hint = "swapctl up --topology sandbox, which has all that drills need"
    return RefusedError(f"the topology has no {what}", on=site.ctx.topology.name, hint=hint)


def need_domain(site: Site, domain: Domain) -> None:
    """UsageError unless the topology has the domain."""
    if getattr(site.ctx.topology, domain) is None:
        raise UsageError(
            f"the topology has no {domain} domain", on=site.ctx.topology.name, hint="swapctl topology list"
        )
