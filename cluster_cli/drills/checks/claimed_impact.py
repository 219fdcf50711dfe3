"""The fault did to its path what the drill claims: pauses, failed attempts, primary, degraded writes."""

from __future__ import annotations

from collections import Counter

from cluster_cli.drills import measures
from cluster_cli.drills.checks._finding import Finding
from cluster_cli.drills.checks.unaffected_path import applied_at, hit
from cluster_cli.drills.evidence import Evidence
from cluster_cli.drills.ledger import class_of
from cluster_cli.drills.measures.election import elected, term_before
from cluster_cli.drills.records import Domain

NAME = "claimed-impact"


def applies(evidence: Evidence) -> bool:
    """Only in a drill that claims a limit."""
    return any(_judged(evidence, domain) for domain in evidence.claims)


def check(evidence: Evidence) -> Finding:
    """Each claim by itself; what the path did before the fault already is no sign of the fault."""
    found = [finding for domain in evidence.claims for finding in _judged(evidence, domain)]
    failed = [finding.reason for finding in found if finding.result == "fail"]
    unknown = [finding.reason for finding in found if finding.result == "unknown"]
    if failed or unknown:
        return Finding("fail" if failed else "unknown", "; ".join(failed or unknown))
    return Finding("pass", "; ".join(finding.reason for finding in found))


def _judged(evidence: Evidence, domain: Domain) -> list[Finding]:
    claims = evidence.claims[domain]
    found: list[Finding] = []
    if claims.longest_pause is not None:
        found.append(_pause(evidence, domain, claims.longest_pause))
    if claims.failed_attempts is not None:
        found.append(_failures(evidence, domain, claims.failed_attempts))
    if claims.failover is False:
        found.append(_same_primary(evidence, domain))
    if claims.degrades:
        found.append(_degraded(evidence, domain))
    return found


def _pause(evidence: Evidence, domain: Domain, limit: float) -> Finding:
    acks = measures.acks_of(evidence.history.ops, domain, evidence.affected.get(domain, ()))
    if not acks:
        return Finding("unknown", f"{domain}: no write was acknowledged")
    since = applied_at(evidence)
    before = measures.longest_wait_seconds([a for a in acks if a.at <= since], acks[0].at, since)
    after = measures.longest_wait_seconds(acks, since, evidence.ended)
    words = f"{domain}: a client waited up to {after:.1f} s, at most {limit:g} s are claimed"
    return _limited(after <= limit, before <= limit, words, f"up to {before:.1f} s before the fault")


def _failures(evidence: Evidence, domain: Domain, limit: int) -> Finding:
    failed = [
        op
        for op in evidence.history.ops
        if op.domain == domain and hit(evidence, op) and op.outcome != "acked"
    ]
    since = [op for op in failed if op.completed >= applied_at(evidence)]
    most = max(Counter(op.client for op in since).values(), default=0)
    codes = ", ".join(f"{n} x {code}" for code, n in Counter(op.code for op in since).most_common(3))
    words = f"{domain}: {len(since)} failed attempts, {most} of one client, at most {limit} are claimed"
    before = len(failed) - len(since)
    return _limited(
        most <= limit, not before, f"{words}: {codes}" if codes else words, f"{before} before the fault"
    )


def _limited(kept: bool, calm: bool, words: str, noise: str) -> Finding:
    """Broken is failed only on a path that was calm before: a machine that is too busy shows nothing."""
    if kept:
        return Finding("pass", words)
    return Finding("fail", words) if calm else Finding("unknown", f"{words} ({noise})")


def _same_primary(evidence: Evidence, domain: Domain) -> Finding:
    roles, since = evidence.history.roles, applied_at(evidence)
    groups = sorted({seen.group for seen in roles if seen.domain == domain})
    led = [group for group in groups if term_before(roles, group, since)]
    if not led:
        return Finding("unknown", f"{domain}: no primary was seen before the fault")
    new = [seen for group in led if (seen := elected(roles, group, since)) is not None]
    if new:
        who = ", ".join(f"{seen.member} of {seen.group} in term {seen.term}" for seen in new)
        return Finding("fail", f"{domain}: a primary was elected, none is claimed: {who}")
    return Finding("pass", f"{domain}: no primary was elected")


def _degraded(evidence: Evidence, domain: Domain) -> Finding:
    """Writes that no standby has must be seen as such: a ledger that calls them synchronous hides a risk."""
    landed, samples = evidence.landed_in(domain), evidence.history.durability
    acked = [op for op in evidence.history.ops if op.domain == domain and op.outcome == "acked"]
    after = [op for op in acked if landed is not None and op.completed > landed]
    if not after:
        return Finding("unknown", f"{domain}: no write was acknowledged after the proof")
    degraded = sum(class_of(op, samples) == "degraded" for op in after)
    words = f"{domain}: {degraded} of {len(after)} acknowledgements after the proof were `degraded`"
    return Finding("pass", words) if degraded else Finding("fail", f"{words}, some are claimed")
