"""rto_seconds: from the landed fault to the start of the first good five seconds."""

from __future__ import annotations

import bisect
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cluster_cli.drills.measures.acks import Ack
from cluster_cli.drills.measures.landed import Struck

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


def rto_of(acks: Sequence[Ack], clients: Collection[str], struck: Struck, until: float) -> Rto:
    """The recovery time of a path whose load ran until `until`. `acks` in the order of their time.

    Writes never stopped when no client had a long pause from the injection until five seconds after the
    proof. Else they are back at the first acknowledgement from which on that holds: 0 s when it came before
    the proof.
    """
    by_client = {client: [ack.at for ack in acks if ack.client == client] for client in clients}
    if not by_client:
        return Rto(None, True, None)
    ends = max(struck.injected, struck.landed) + WINDOW
    if ends <= until and all(_served(t, _last(t, struck.injected), ends) for t in by_client.values()):
        return Rto(0.0, False, struck.landed)
    back = _first_served([ack.at for ack in acks], list(by_client.values()), struck, until)
    return Rto(None, True, None) if back is None else Rto(_since(back, struck), True, back)


def _first_served(
    moments: list[float], clients: list[list[float]], struck: Struck, until: float
) -> float | None:
    """The first of `moments` after the injection from which every client is served for a whole window.

    Moments that a pause found on the way rules out are stepped over: an outage of minutes is looked at again
    several times a second, on the machine whose recovery is being measured.
    """
    position = bisect.bisect_right(moments, struck.injected)
    while position < len(moments):
        start = moments[position]
        ends = max(start, struck.landed) + WINDOW
        if ends > until:
            return None
        hopeless = max(_hopeless_before(times, start, ends) for times in clients)
        if hopeless <= start:
            return start
        position = max(position + 1, bisect.bisect_left(moments, hopeless))
    return None


def _since(back: float, struck: Struck) -> float:
    return round(max(0.0, back - struck.since), 6)


def _last(times: list[float], moment: float) -> float:
    """A client's last acknowledgement up to a moment: the pause that a fault falls into counts whole."""
    position = bisect.bisect_right(times, moment)
    return times[position - 1] if position else moment


def _served(times: list[float], start: float, end: float) -> bool:
    """Whether one client has no pause above PAUSE from `start` to `end`, the edges included."""
    return _hopeless_before(times, start, end) <= start


def _hopeless_before(times: list[float], start: float, end: float) -> float:
    """The moment before which no window can begin, for one client's pause; `start` if it has none.

    A pause that reaches beyond the end counts up to it: so the answer is the same while the load still runs
    and when it is over.
    """
    position, last = bisect.bisect_right(times, start), start
    while last < end:
        following = times[position] if position < len(times) else end
        if min(following, end) - last > PAUSE:
            return min(following, end) - PAUSE
        last = following
        position += 1
    return start
