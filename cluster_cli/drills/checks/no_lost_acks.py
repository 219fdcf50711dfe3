"""No acknowledged write is lost beyond what its class promises."""

from __future__ import annotations

from cluster_cli.drills.checks._finding import Finding, some
from cluster_cli.drills.evidence import Evidence, Promise
from cluster_cli.drills.ledger import ClassLedger
from cluster_cli.drills.measures.rpo import rpo_seconds
from cluster_cli.drills.records import AckClass, Domain

NAME = "no-lost-acks"


def check(evidence: Evidence) -> Finding:
    """Majority and sync: none may be lost; w:1: within the RPO; degraded: by the case's promise."""
    if not evidence.back.complete:
        return Finding("unknown", f"the read-back is incomplete: {evidence.back.reason}")
    broken: list[str] = []
    allowed: list[str] = []
    for (domain, cls), ledger in evidence.ledger.classes.items():
        if not ledger.lost:
            continue
        limit = allowed_rpo(domain, cls, evidence.promises.get(domain, Promise()))
        landed = evidence.landed_in(domain)
        sentence = _sentence(cls, ledger, limit, landed)
        within = limit is None or (limit > 0 and _reach(ledger, landed) <= limit)
        (allowed if within else broken).append(sentence)
    if broken:
        return Finding("fail", "; ".join(broken))
    total = sum(ledger.acked for ledger in evidence.ledger.classes.values())
    return Finding("pass", "; ".join(allowed) or f"0 of {total} acknowledged writes lost")


def allowed_rpo(domain: Domain, cls: AckClass, promise: Promise) -> float | None:
    """Seconds of acknowledged writes that a class may lose: 0 none, None no promise."""
    if cls in ("majority", "sync"):
        return 0.0
    return promise.rpo


def _reach(ledger: ClassLedger, landed: float | None) -> float:
    return float("inf") if landed is None else rpo_seconds(ledger.lost, landed)


def _sentence(cls: AckClass, ledger: ClassLedger, limit: float | None, landed: float | None) -> str:
    reach = "" if landed is None else f", {rpo_seconds(ledger.lost, landed):.1f} s back"
    promise = "no promise" if limit is None else f"RPO {limit:g} s"
    ids = some(lost.value for lost in ledger.lost)
    return f"{len(ledger.lost)} of {ledger.acked} acknowledged {cls} writes lost{reach} ({promise}): {ids}"
