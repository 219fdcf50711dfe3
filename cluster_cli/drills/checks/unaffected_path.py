"""The path that the fault does not hit sees no error."""

from __future__ import annotations

from collections import Counter

from cluster_cli.drills.checks._finding import Finding
from cluster_cli.drills.evidence import Evidence
from cluster_cli.drills.records import Op

NAME = "unaffected-path"


def applies(evidence: Evidence) -> bool:
    """Only where the load also wrote somewhere else."""
    return any(not hit(evidence, op) for op in evidence.history.ops)


def hit(evidence: Evidence, op: Op) -> bool:
    """Whether the fault hits the operation's path."""
    return op.path in evidence.affected.get(op.domain, frozenset())


def check(evidence: Evidence) -> Finding:
    """No refused or indeterminate write on any other path since the fault was applied, and some acks.

    A failure before that is not the fault's doing; it is counted in the reason.
    """
    others = [op for op in evidence.history.ops if not hit(evidence, op)]
    failed = [op for op in others if op.outcome != "acked"]
    errors = [op for op in failed if op.completed >= applied_at(evidence)]
    if errors:
        codes = ", ".join(f"{n} x {code}" for code, n in Counter(op.code for op in errors).most_common(3))
        where = ", ".join(sorted({op.path for op in errors}))
        return Finding("fail", f"{len(errors)} writes failed on {where}: {codes}")
    after = [op for op in others if evidence.landed is not None and op.completed > evidence.landed]
    if not after:
        return Finding("unknown", "no write on another path was acknowledged after the fault")
    worst = max(op.completed - op.invoked for op in after)
    before = f" ({len(failed)} failed before the fault)" if failed else ""
    return Finding("pass", f"{len(after)} writes after the fault, none failed, slowest {worst:.3f} s{before}")


def applied_at(evidence: Evidence) -> float:
    """Run seconds at which the first fault was applied; 0 when none was: then every error counts."""
    return next((event.at for event in evidence.history.faults if event.event == "injected"), 0.0)
