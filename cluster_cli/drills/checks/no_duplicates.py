"""No write is applied twice, however often it was sent."""

from __future__ import annotations

from cluster_cli.drills.checks._finding import Finding, some
from cluster_cli.drills.evidence import Evidence

NAME = "no-duplicates"


def check(evidence: Evidence) -> Finding:
    """Each value is there at most once."""
    if not evidence.back.complete:
        return Finding("unknown", f"the read-back is incomplete: {evidence.back.reason}")
    twice = [value for ledger in evidence.ledger.classes.values() for value in ledger.duplicated]
    if twice:
        return Finding("fail", f"{len(twice)} writes are there more than once: {some(twice)}")
    return Finding("pass", f"{len(evidence.back.found)} values read back, none twice")
