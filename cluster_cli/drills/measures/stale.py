"""stale_primary_seconds: how long an old primary still served after its successor was there."""

from __future__ import annotations

from collections.abc import Sequence

from cluster_cli.drills.records import ProbeWrite, RoleSeen


def stale_primary_seconds(
    roles: Sequence[RoleSeen], probes: Sequence[ProbeWrite], successor: RoleSeen | None
) -> float:
    """Seconds from the successor's first report to the last time an older primary answered as such.

    Answering means: a probe read that it answered as primary in an older term, or a `w:1` write of the
    probe that it acknowledged. 0 when there was no successor or no such answer.
    """
    if successor is None:
        return 0.0
    reads = [
        r.at
        for r in roles
        if r.group == successor.group
        and r.member != successor.member
        and r.role == "primary"
        and r.term < successor.term
        and r.asked >= successor.at
    ]
    writes = [
        w.completed
        for w in probes
        if w.group == successor.group
        and w.member != successor.member
        and w.outcome == "acked"
        and not w.durable
        and w.term < successor.term
        and w.invoked >= successor.at
    ]
    return round(max([*reads, *writes, successor.at]) - successor.at, 6)
