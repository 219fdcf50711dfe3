"""The phases of an RTO: detect, elect or promote, route, first acknowledgement."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Phases:
    """Where the seconds of an RTO went. Their sum is the RTO."""

    detect: float = 0.0
    elect_or_promote: float = 0.0
    route: float = 0.0
    first_ack: float = 0.0

    @property
    def total(self) -> float:
        """The sum of all phases, in seconds."""
        return self.detect + self.elect_or_promote + self.route + self.first_ack


@dataclass(frozen=True)
class Milestones:
    """When a member first acted, was primary, and was reached through proxies or routers; None: not seen."""

    acted: float | None
    elected: float | None
    routed: float | None


def phases_of(since: float, restored: float, seen: Milestones) -> Phases:
    """Cut the time from `since` to `restored` at the milestones.

    A milestone that was not seen takes no time of its own: its phase is 0 and the next seen one gets the
    time. One seen before the previous (or after the path was back) is moved to it, so the sum holds.
    """
    acted = _between(seen.acted, since, restored, default=since)
    elected = _between(seen.elected, acted, restored, default=acted)
    routed = _between(seen.routed, elected, restored, default=elected)
    return Phases(
        detect=round(acted - since, 6),
        elect_or_promote=round(elected - acted, 6),
        route=round(routed - elected, 6),
        first_ack=round(restored - routed, 6),
    )


def _between(moment: float | None, low: float, high: float, *, default: float) -> float:
    return default if moment is None else min(max(moment, low), high)
