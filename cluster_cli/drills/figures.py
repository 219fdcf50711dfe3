"""All figures of one domain, computed from the history: the measures put together. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from cluster_cli.drills import measures
from cluster_cli.drills.evidence import Evidence
from cluster_cli.drills.measures.election import elected, term_before
from cluster_cli.drills.measures.landed import Struck
from cluster_cli.drills.measures.phases import Milestones, Phases
from cluster_cli.drills.measures.rto import Rto
from cluster_cli.drills.records import Domain, RoleSeen

LOCK = "lock"
"""The name under which a route record tells who holds the leader lock."""
NO_RTO = Rto(0.0, False, None)


@dataclass(frozen=True)
class DomainFigures:
    """The figures of one domain."""

    rto: Rto = NO_RTO
    max_gap: float = 0.0
    election: float | None = None
    stale_primary: float = 0.0
    phases: Phases = Phases()
    acked_on_path: int = 0
    slowest_unaffected: float | None = None


def figures_of(evidence: Evidence, domain: Domain, group: str | None) -> DomainFigures:
    """The domain's figures; `group` is the replica set or Patroni scope that the fault hits, if any."""
    struck, ended = evidence.struck.get(domain), evidence.ended
    paths = evidence.affected.get(domain, frozenset())
    calm = _slowest_elsewhere(evidence, domain, evidence.landed_in(domain) or 0.0)
    if struck is None or not paths:
        return DomainFigures(slowest_unaffected=calm)
    acks = measures.acks_of(evidence.history.ops, domain, paths)
    clients = {op.client for op in evidence.history.ops if op.domain == domain and op.path in paths}
    rto = measures.rto_of(acks, clients, struck, ended)
    roles = evidence.history.roles
    successor = elected(roles, group, struck.injected) if group else None
    return DomainFigures(
        rto=rto,
        max_gap=measures.max_gap_seconds(acks, struck.injected, ended),
        election=measures.election_seconds(roles, group, struck) if group else None,
        stale_primary=measures.stale_primary_seconds(roles, evidence.history.probes, successor),
        phases=_phases(evidence, rto, group, successor, struck),
        acked_on_path=len(acks),
        slowest_unaffected=calm,
    )


def _slowest_elsewhere(evidence: Evidence, domain: Domain, since: float) -> float | None:
    paths = evidence.affected.get(domain, frozenset())
    took = [
        op.completed - op.invoked
        for op in evidence.history.ops
        if op.domain == domain and op.path not in paths and op.completed > since and op.outcome == "acked"
    ]
    return round(max(took), 6) if took else None


def _phases(
    evidence: Evidence, rto: Rto, group: str | None, successor: RoleSeen | None, struck: Struck
) -> Phases:
    if rto.restored_at is None or not rto.interrupted:
        return Phases()
    seen = Milestones(
        acted=_first_act(evidence, group, struck.injected) if group else None,
        elected=successor.at if successor else None,
        routed=_first_route(evidence, group, successor) if group and successor else None,
    )
    return measures.phases_of(struck.since, max(struck.since, rto.restored_at), seen)


def _first_act(evidence: Evidence, group: str, injected: float) -> float | None:
    """The first sign that a survivor acts: a member in a higher term, or another holder of the lock."""
    old = term_before(evidence.history.roles, group, injected)
    history = evidence.history
    terms = [r.at for r in history.roles if r.group == group and r.at > injected and r.term > old > 0]
    lock = [r for r in history.routes if r.group == group and r.router == LOCK and r.primary]
    holder = next((r.primary for r in reversed(lock) if r.at <= injected), "")
    takes = [r.at for r in lock if r.at > injected and r.primary != holder]
    return min([*terms, *takes], default=None)


def _first_route(evidence: Evidence, group: str, successor: RoleSeen) -> float | None:
    """When the first of the proxies or routers led to the new primary: from then on a client can."""
    return next(
        (
            r.at
            for r in evidence.history.routes
            if r.group == group
            and r.router != LOCK
            and r.primary == successor.member
            and r.at >= successor.at
        ),
        None,
    )
