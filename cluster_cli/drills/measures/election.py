"""election_seconds: until a member reports itself primary in a higher term."""

from __future__ import annotations

from collections.abc import Sequence

from cluster_cli.drills.measures.landed import Struck
from cluster_cli.drills.records import RoleSeen


def term_before(roles: Sequence[RoleSeen], group: str, moment: float) -> int:
    """The highest term in which a member of the group was seen as primary up to `moment`; 0 if none."""
    terms = [r.term for r in roles if r.group == group and r.role == "primary" and r.at <= moment]
    return max(terms, default=0)


def elected(roles: Sequence[RoleSeen], group: str, injected: float) -> RoleSeen | None:
    """The first report, after the fault's injection, of a primary in a higher term than before it."""
    old = term_before(roles, group, injected)
    return next(
        (
            r
            for r in roles
            if r.group == group and r.role == "primary" and r.at > injected and r.term > old > 0
        ),
        None,
    )


def election_seconds(roles: Sequence[RoleSeen], group: str, struck: Struck) -> float | None:
    """Seconds from `struck.since` to that report; None when no higher term was seen.

    0 when the new primary was there before the proof was.
    """
    found = elected(roles, group, struck.injected)
    return None if found is None else round(max(0.0, found.at - struck.since), 6)
