"""Whatever the run wrote refers to something that is there, also across the two databases."""

from __future__ import annotations

from cluster_cli.drills.checks._finding import Finding, some
from cluster_cli.drills.evidence import Evidence
from cluster_cli.schema.orphans import Orphans

NAME = "no-orphans"


def applies(evidence: Evidence) -> bool:
    """Only where the members' database is there to look references up."""
    return evidence.references is not None


def check(evidence: Evidence) -> Finding:
    """No reference leads nowhere, but to `w:1` writes that the run has lost: `no-lost-acks` judges those."""
    scan = evidence.references
    if scan is None or not scan.complete:
        return Finding("unknown", f"the scan is incomplete: {scan.reason if scan else 'not run'}")
    scanned = sum(one.scanned for one in scan.found)
    if not scanned:
        return Finding("unknown", "nothing that the run wrote refers to anything")
    lost = {item.value for item in evidence.ledger.of("social", "w1").lost}
    bad = [one for one in scan.found if one.orphans > to_lost(one, lost)]
    if bad:
        orphans = sum(one.orphans - to_lost(one, lost) for one in bad)
        which = some([f"{one.reference}: {some(one.examples)}" for one in bad])
        return Finding("fail", f"{orphans} of {scanned} references lead nowhere: {which}")
    known = sum(to_lost(one, lost) for one in scan.found)
    to_w1 = f", {known} of them to w:1 writes that were lost" if known else ""
    return Finding("pass", f"{scanned} references followed{to_w1}, no orphan")


def to_lost(found: Orphans, lost: set[str]) -> int:
    """How many of the orphans refer to a write that was lost."""
    return sum(times for value, times in found.values.items() if value in lost)
