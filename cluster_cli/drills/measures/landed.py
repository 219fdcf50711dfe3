"""landed_at: when the proof of the fault was seen."""

from __future__ import annotations

from collections.abc import Iterable

from cluster_cli.drills.records import FaultEvent


def landed_at(events: Iterable[FaultEvent], faults: Iterable[str]) -> float | None:
    """Run seconds at which the last of these faults was proved; None when one was never proved."""
    proved: dict[str, float] = {}
    for event in events:
        if event.event == "landed":
            proved.setdefault(event.fault, event.at)
    moments = [proved.get(fault) for fault in faults]
    known = [moment for moment in moments if moment is not None]
    return max(known) if known and len(known) == len(moments) else None
