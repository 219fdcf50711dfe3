"""rpo_seconds: how far back the oldest lost acknowledged write lies."""

from __future__ import annotations

from collections.abc import Sequence

from cluster_cli.drills.ledger import Lost


def rpo_seconds(lost: Sequence[Lost], landed: float) -> float:
    """`landed` minus the acknowledgement of the oldest lost write; 0 when none is lost.

    Never negative: a loss among writes acknowledged after the fault landed has reached back 0 s; the
    class's lost count and the list of ids still name it.
    """
    if not lost:
        return 0.0
    return round(max(0.0, landed - min(item.acked_at for item in lost)), 6)
