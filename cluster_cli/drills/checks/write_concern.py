"""Every acknowledged social write was sent with the registry's write concern, also during the fault."""

from __future__ import annotations

from app_core.schema import registry
from app_core.schema.model import Collection
from cluster_cli.drills.checks._finding import Finding, some
from cluster_cli.drills.evidence import Evidence

NAME = "write-concern"


def check(evidence: Evidence) -> Finding:
    """Compare the concern that the driver sent, as its command monitor saw it, with the registry's."""
    acked = [op for op in evidence.history.ops if op.domain == "social" and op.outcome == "acked"]
    if not acked:
        return Finding("pass", "no social write was acknowledged")
    seen = [op for op in acked if "concern" in op.detail]
    if not seen:
        return Finding("unknown", "the load did not say which write concern it sent")
    wanted = {entry.name: in_words(entry) for entry in registry.collections()}
    other = {
        f"{op.target}: {op.detail['concern']}" for op in seen if op.detail["concern"] != wanted.get(op.target)
    }
    if other:
        return Finding("fail", f"another write concern than the registry's: {some(sorted(other))}")
    return Finding(
        "pass", f"{len(seen)} of {len(acked)} acknowledged writes sampled, each as the registry says"
    )


def in_words(entry: Collection) -> str:
    """A collection's write concern as the load records it: `majority j`, `1`."""
    return f"{entry.write_concern.w}{' j' if entry.write_concern.j else ''}"
