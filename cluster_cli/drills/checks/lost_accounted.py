"""Every rolled-back write is found again: in the rollback files or inside the last journal interval."""

from __future__ import annotations

from cluster_cli.drills.checks._finding import Finding, some
from cluster_cli.drills.evidence import Evidence

NAME = "lost-accounted"
JOURNAL_INTERVAL = 0.1
"""Seconds between two writes of MongoDB's journal to disk (storage.journal.commitIntervalMs)."""
LATE_ANSWER = 0.5
"""Seconds that an answer of the old primary may have been on its way, through a router, on a busy machine."""


def applies(evidence: Evidence) -> bool:
    """Only in a drill that provokes a rollback."""
    return evidence.rollback is not None


def check(evidence: Evidence) -> Finding:
    """Each lost `w:1` id is in a rollback file, or was acknowledged around the kill."""
    if not evidence.back.complete:
        return Finding("unknown", f"the read-back is incomplete: {evidence.back.reason}")
    rollback = evidence.rollback
    if rollback is None:
        return Finding("unknown", "the rollback files were not read")
    if rollback.killed is None:
        return Finding("unknown", "the old primary was not killed")
    first, last = rollback.killed[0] - JOURNAL_INTERVAL, rollback.killed[1] + LATE_ANSWER
    lost = evidence.ledger.of("social", "w1").lost
    in_files = [item for item in lost if item.value in rollback.files]
    unjournaled = [
        item for item in lost if item.value not in rollback.files and first <= item.acked_at <= last
    ]
    missing = [item.value for item in lost if item not in in_files and item not in unjournaled]
    if missing:
        return Finding("fail", f"{len(missing)} lost writes are accounted for nowhere: {some(missing)}")
    return Finding(
        "pass",
        f"{len(lost)} lost: {len(in_files)} in rollback files, "
        f"{len(unjournaled)} acknowledged within the last journal interval",
    )
