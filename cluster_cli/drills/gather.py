"""Facts about the cluster for a drill's report: promises, roles, health, configuration."""

from __future__ import annotations

import dataclasses
import time

import psycopg
from pymongo.errors import PyMongoError

from app_core.errors import SwapskillError
from cluster_cli.drills import versions
from cluster_cli.drills.evidence import Claims, Health, Promise, References
from cluster_cli.drills.faults import Drill
from cluster_cli.drills.plan import RunPlan
from cluster_cli.drills.records import Domain
from cluster_cli.drills.report.model import MemberRole, PredictionReport
from cluster_cli.engines.model import ClusterStatus
from cluster_cli.schema import readers
from cluster_cli.schema.orphans import scan
from cluster_cli.status import read_cluster
from infra.context import Context
from infra.topology import Topology

HEALTH_TIMEOUT = 90.0
"""Seconds that a cluster has to become fully healthy after the load."""
POLL = 0.25


def promises(topology: Topology, drill: Drill) -> dict[Domain, Promise]:
    """What the SLA promises each domain in the drill's case."""
    found: dict[Domain, Promise] = {}
    names: tuple[Domain, ...] = ("payments", "social")
    for name in names:
        if getattr(topology, name) is None:
            continue
        case = topology.sla.case(name, drill.case)
        elects = name == "social" and (name not in drill.domains or drill.claims[name].failover)
        election = topology.sla.social.election if elects else None
        found[name] = Promise(case.rpo if case else None, case.rto if case else None, election)
    return found


def claims(topology: Topology, drill: Drill) -> dict[Domain, Claims]:
    """What the drill claims on this topology: writes are `degraded` only where no standby is spare."""
    return {
        domain: dataclasses.replace(found, degrades=found.degrades and _without_spare(topology))
        for domain, found in drill.claims.items()
    }


def _without_spare(topology: Topology) -> bool:
    """Whether commits go on asynchronously when a synchronous standby is lost."""
    payments = topology.payments
    if payments is None or payments.sync.on_loss == "block":
        return False
    left = len(payments.members) - 2  # without the primary and the lost standby
    return left < payments.sync.count


def roles(status: ClusterStatus) -> tuple[MemberRole, ...]:
    """Each member's role for the report's picture."""
    return tuple(
        MemberRole(member=m.member, group=m.group, zone=m.zone, role=m.role, healthy=m.ok)
        for m in status.members
    )


def wait_healthy(ctx: Context, seconds: float = HEALTH_TIMEOUT) -> tuple[Health, ClusterStatus | None]:
    """The cluster's health, once it is whole again or the time is over."""
    end = time.monotonic() + seconds
    status, health = None, Health(False, ("not read",), known=False)
    while True:
        try:
            status = read_cluster(ctx)
            health = Health(status.healthy, status.problems)
        except Exception as error:  # a status that cannot be read makes the run unknown, not lost
            health = Health(False, (f"{type(error).__name__}: {error}",), known=False)
        if health.healthy or time.monotonic() >= end:
            return health, status
        time.sleep(POLL)


def references(ctx: Context, plan: RunPlan) -> References | None:
    """The scan of `swapctl schema orphans` over what this run wrote; None without a social domain."""
    if ctx.topology.social is None:
        return None
    try:
        with readers.opened(ctx, within=plan.id_range) as opened:
            return References(True, tuple(scan(readers.declared(opened), opened)))
    except (PyMongoError, psycopg.Error, SwapskillError, OSError) as error:
        return References(False, reason=f"{type(error).__name__}: {error}".strip())


def predictions(ctx: Context, drill: Drill) -> dict[str, PredictionReport]:
    """The timing solver's worst case of each fault of the drill."""
    found: dict[str, PredictionReport] = {}
    for fault in drill.faults:
        prediction = ctx.timing.predicted.get(fault.name)
        if prediction is not None:
            found[fault.name] = PredictionReport(
                domain=fault.domains[0], seconds=prediction.seconds, explanation=prediction.explanation
            )
    return found


def configuration(ctx: Context) -> dict[str, str]:
    """The time-outs, modes and engines that the figures depend on."""
    topology, timing = ctx.topology, ctx.timing
    found: dict[str, str] = {"platform": ctx.platform_name}
    if topology.payments is not None:
        sync = topology.payments.sync
        found["synchronous replication"] = f"{sync.mode} {sync.count}, on loss {sync.on_loss}"
        for part in ("patroni", "haproxy", "pgbouncer"):
            found[part] = _words(getattr(timing, part))
    if topology.social is not None:
        found["mongodb"] = _words(timing.mongodb)
    found["versions"] = versions.running(ctx)
    return found


def _words(part: object) -> str:
    assert dataclasses.is_dataclass(part) and not isinstance(part, type)
    return ", ".join(f"{name} {value}" for name, value in dataclasses.asdict(part).items())
