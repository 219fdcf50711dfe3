"""max_gap_seconds: the longest pause between two acknowledgements, over all clients of a path."""

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
