"""Nothing is there that was never written or was definitely refused."""

from __future__ import annotations

from cluster_cli.drills.checks._finding import Finding, some
from cluster_cli.drills.evidence import Evidence

NAME = "no-phantoms"


def check(evidence: Evidence) -> Finding:
    """Each value that is there was acknowledged, or its outcome was unknown."""
    if not evidence.back.complete:
        return Finding("unknown", f"the read-back is incomplete: {evidence.back.reason}")
    ghosts = [value for ledger in evidence.ledger.classes.values() for value in ledger.phantom]
    if ghosts:
        return Finding("fail", f"{len(ghosts)} values are there that no client was told of: {some(ghosts)}")
    return Finding("pass", "every value read back was acknowledged or of unknown outcome")
