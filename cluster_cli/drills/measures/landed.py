"""When a fault struck: its injection, its proof (landed_at), and since when clients wait for recovery."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from cluster_cli.drills.records import FaultEvent


@dataclass(frozen=True)
class Struck:
    """When the faults that hit a domain struck, in run seconds."""

    injected: float
    """When the first injection began."""
    landed: float
    """When the last of them was proved."""
    proof_is_recovery: bool = False
    """Whether the proof is that a new primary leads: counted from there, no recovery takes any time."""

    @property
    def since(self) -> float:
        """Where RTO and election are counted from."""
        return self.injected if self.proof_is_recovery else self.landed


def struck_of(
    events: Iterable[FaultEvent], faults: Collection[str], *, proof_is_recovery: bool = False
) -> Struck | None:
    """When these faults struck; None when one was never proved."""
    events = tuple(events)
    landed = landed_at(events, faults)
    begun = [event.at for event in events if event.event == "injected" and event.fault in faults]
    return Struck(min(begun), landed, proof_is_recovery) if begun and landed is not None else None


def landed_at(events: Iterable[FaultEvent], faults: Iterable[str]) -> float | None:
    """Run seconds at which the last of these faults was proved; None when one was never proved."""
    proved: dict[str, float] = {}
    for event in events:
        if event.event == "landed":
            proved.setdefault(event.fault, event.at)
    moments = [proved.get(fault) for fault in faults]
    known = [moment for moment in moments if moment is not None]
    return max(known) if known and len(known) == len(moments) else None
