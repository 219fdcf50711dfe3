"""The longest pause between two acknowledgements: over all clients of a path, or of any one of them."""

from __future__ import annotations

import bisect
from collections.abc import Sequence

from cluster_cli.drills.measures.acks import Ack


def max_gap_seconds(acks: Sequence[Ack], since: float, until: float) -> float:
    """The longest pause that ends after `since` (the fault's injection) and before the load's end `until`.

    The pause that the fault falls into counts whole, from the last acknowledgement before the fault.
    """
    first = max(0, bisect.bisect_right(acks, since, key=lambda a: a.at) - 1)
    times = [ack.at for ack in acks[first:] if ack.at <= until]
    if not times:
        return round(until - since, 6)
    edges = zip(times, [*times[1:], until], strict=True)
    return round(max(later - earlier for earlier, later in edges), 6)


def longest_wait_seconds(acks: Sequence[Ack], since: float, until: float) -> float:
    """The longest pause of any one client, counted in the same way; 0 where nobody wrote.

    An outage of one proxy or router shows here only: the clients of the other one go on.
    """
    clients = {ack.client for ack in acks}
    waits = (max_gap_seconds([a for a in acks if a.client == client], since, until) for client in clients)
    return max(waits, default=0.0)
