"""The fault is undone and every member is healthy again at the end."""

from __future__ import annotations

from cluster_cli.drills.checks._finding import Finding
from cluster_cli.drills.evidence import Evidence

NAME = "recovered"


def check(evidence: Evidence) -> Finding:
    """Every injected fault was lifted, and the clusters' own status is healthy."""
    left = [
        fault
        for fault in evidence.faults
        if evidence.history.event(fault, "injected") and not evidence.history.event(fault, "lifted")
    ]
    if left:
        return Finding("fail", f"not undone: {', '.join(left)}")
    if not evidence.health.known:
        return Finding("unknown", "health cannot be read: " + "; ".join(evidence.health.reasons))
    if not evidence.health.healthy:
        return Finding("fail", "unhealthy at the end: " + "; ".join(evidence.health.reasons))
    return Finding("pass", "every fault undone, every member healthy")
