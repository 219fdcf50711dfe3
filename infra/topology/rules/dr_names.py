"""A DR member named like a member of the primary region."""

from __future__ import annotations

from infra.topology.groups import dr_twins
from infra.topology.model import Topology
from infra.topology.violation import Violation


def check(topology: Topology) -> list[Violation]:
    """Refuse it: the primary takes the DR member's acknowledgement for its synchronous standby's."""
    return [
        Violation(
            f"DR member {name}",
            "a member of the primary region has the same name; the primary would count the DR member as "
            "its synchronous standby and lose acknowledged commits in silence",
            f"rename it, for example {name}-dr",
        )
        for name in sorted(dr_twins(topology))
    ]
