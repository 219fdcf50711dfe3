"""rto_seconds: from the landed fault to the start of the first good five seconds."""

from __future__ import annotations

import bisect
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cluster_cli.drills.measures.acks import Ack

WINDOW = 5.0
"""Seconds that every client must be served for without a long pause."""
PAUSE = 1.0
"""The longest pause, in seconds, that still counts as being served."""


@dataclass(frozen=True)
class Rto:
    """When writes were back. `seconds` is None when they never came back."""

    seconds: float | None
    interrupted: bool
    restored_at: float | None


def rto_of(acks: Sequence[Ack], clients: Collection[str], landed: float, until: float) -> Rto:
    """The recovery time of a path whose load ran until `until`. `acks` in the order of their time.

    A good window starts at the fault itself (writes never stopped) or at an acknowledgement; in it
    every client is served within a second of its start and again at least once a second.
    """
    by_client = {client: [ack.at for ack in acks if ack.client == client] for client in clients}
    if not by_client:
        return Rto(None, True, None)
    if _good(by_client, landed, until):
        return Rto(0.0, False, landed)
    for ack in acks[bisect.bisect_right(acks, landed, key=lambda a: a.at) :]:
        if ack.at + WINDOW > until:
            break
        if _good(by_client, ack.at, until):
            return Rto(round(ack.at - landed, 6), True, ack.at)
    return Rto(None, True, None)


def _good(by_client: dict[str, list[float]], start: float, until: float) -> bool:
    return start + WINDOW <= until and all(_served(times, start) for times in by_client.values())


def _served(times: list[float], start: float) -> bool:
    """Whether one client has no pause above PAUSE in the window, its edges included.

    A pause that reaches beyond the window counts up to its end: so the answer is the same while the load
    still runs and when it is over.
    """
    position, last, end = bisect.bisect_left(times, start), start, start + WINDOW
    while last < end:
        following = times[position] if position < len(times) else end
        if min(following, end) - last > PAUSE:
            return False
        last = following
        position += 1
    return True
